"""Writes `run.json`: the result model as data (its schema is in reports/README.md)."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from smokestack.report.causes import Shared, causes
from smokestack.report.files import write_whole, writing
from smokestack.results import SCHEMA, CheckResult, RunResult, Verdict


def as_data(result: RunResult) -> dict[str, Any]:
    """The model as plain JSON data, in the order in which people read it."""
    counts = Counter(check.verdict for check in result.checks)
    return {
        "schema": SCHEMA,
        "run_id": result.run_id,
        "started_at": result.started_at,
        "duration_s": round(result.duration_s, 3),
        "verdict": result.verdict.value,
        "interrupted": result.interrupted,
        "system": result.system,
        "pace": result.pace,
        "stack": asdict(result.stack) if result.stack else None,
        "ledger": _ledger(result),
        "loads": [asdict(load) for load in result.loads],
        "seen": [asdict(one) for one in result.seen],
        "checks": [_check(check) for check in result.checks],
        "causes": [_cause(cause) for cause in causes(result.checks)],
        "timelines": [asdict(timeline) for timeline in result.timelines],
        "measurements": [asdict(measurement) for measurement in result.measurements],
        "waterfalls": [
            {"check": check.id, **asdict(check.judgement.waterfall)}
            for check in result.checks
            if check.judgement.waterfall
        ],
        "calls": [dict(call) for call in result.calls],
        "matrix": dict(result.matrix),
        "coverage": dict(result.coverage),
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
    }


def _ledger(result: RunResult) -> dict[str, Any]:
    sums: Counter[tuple[str, str, Any]] = Counter()
    for load in result.loads:
        for row in load.by:
            sums[row["method"], row["route"], row["status"]] += row["count"]
    by = [
        {"method": method, "route": route, "status": status, "count": count}
        for (method, route, status), count in sorted(sums.items(), key=str)
    ]
    return {"requests": sum(load.requests for load in result.loads), "by": by}


def _check(check: CheckResult) -> Mapping[str, Any]:
    judgement = asdict(check.judgement)
    return {
        "id": check.id,
        "suite": check.suite,
        "subject": check.subject,
        "verdict": check.verdict.value,
        "question": check.question,
        "file": check.file,
        "line": check.line,
        "summary": check.judgement.summary,
        "duration_s": round(check.duration_s, 4),
        "allowed_s": check.judgement.allowed_s,
        "took_s": check.judgement.took_s,
        "cause": judgement["cause"],
        "findings": judgement["findings"],
        "evidence": judgement["evidence"],
        "polls": judgement["polls"],
        "measurements": judgement["measurements"],
    }


def _cause(cause: Shared) -> Mapping[str, Any]:
    return {
        "title": cause.title,
        "kind": cause.kind,
        "server": cause.server,
        "verdict": cause.verdict.value,
        "told": list(cause.told),
        "checks": [{"id": check.id, "subject": check.subject} for check in cause.checks],
    }


def write(result: RunResult, folder: Path) -> Path:
    """Write `run.json` whole or not at all, and point `latest` beside `folder` at it.

    Raises UsageError when the folder cannot be written.
    """
    target = folder / "run.json"
    with writing(target):
        write_whole(target, json.dumps(as_data(result), indent=1) + "\n")
        _point_latest(folder)
    return target


def _point_latest(folder: Path) -> None:
    latest, fresh = folder.parent / "latest", folder.parent / f".latest-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name, target_is_directory=True)
    fresh.replace(latest)
