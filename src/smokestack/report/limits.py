"""What `smokestack limits` found: a table of its steps, and the same as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from smokestack.judge.limits import Came, Found, Step
from smokestack.report.files import written
from smokestack.report.text import printable

SCHEMA = 1
STYLES = {Came.CLEAN: "green", Came.LOST: "bold red", Came.SHORT: "yellow", Came.UNKNOWN: "yellow"}
SIGNS = {Came.CLEAN: "✓", Came.LOST: "✗", Came.SHORT: "?", Came.UNKNOWN: "?"}


def table(steps: Sequence[Step]) -> Table:
    """One row a step."""
    shown = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in ("asked/s", "reached/s", "requests", "p95", "fullest queue"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("")
    shown.add_column("what came of it", overflow="fold")
    for step in steps:
        style = STYLES[step.came]
        shown.add_row(
            f"{step.rate:.0f}",
            f"{step.reached:.0f}",
            f"{step.requests}",
            f"{step.p95_s * 1000:.0f} ms",
            fullest(step),
            Text(SIGNS[step.came], style=style),
            Text(printable(outcome(step)), style=style if step.came is not Came.CLEAN else ""),
        )
    return shown


def fullest(step: Step) -> str:
    """The share of its fullest queue."""
    shares = [queue.share for queue in step.pressure.queues]
    return f"{max(shares):.0%}" if shares else "–"


def outcome(step: Step) -> str:
    """A step in one sentence."""
    if step.came is Came.LOST:
        return "; ".join(f"{loss.signal}: {loss.what} ({loss.where})" for loss in step.losses)
    if step.came is Came.CLEAN:
        return f"nothing lost{f'; {step.strain}' if step.strain else ''}"
    limit = f"; {step.limit.why}" if step.limit else ""
    return f"{step.why}{limit}"


def as_data(run: dict[str, Any], steps: Sequence[Step], found: Found) -> dict[str, Any]:
    """All of it as plain JSON data. `run` says of which run it is."""
    first = found.first
    return {
        "schema": SCHEMA,
        **run,
        "told": found.told,
        "summary": found.summary,
        "clean_up_to": _rounded(found.clean),
        "lost_at": _rounded(found.lost),
        "first": {"signal": first.signal, "what": first.what, "where": first.where}
        if first
        else None,
        "steps": [_step(step) for step in steps],
    }


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 2)


def _step(step: Step) -> dict[str, Any]:
    pressure = step.pressure
    return {
        "asked_rate": round(step.rate, 2),
        "reached_rate": round(step.reached, 2),
        "requests": step.requests,
        "p95_s": round(step.p95_s, 4),
        "came": step.came.value,
        "why": step.why,
        "limit": {"who": step.limit.who, "why": step.limit.why} if step.limit else None,
        "losses": [
            {"signal": loss.signal, "what": loss.what, "where": loss.where} for loss in step.losses
        ],
        "troubles": [
            {
                "server": one.server,
                "word": one.word,
                "unit": one.unit,
                "count": one.count,
                "reasons": dict(one.reasons),
                "retried": one.retried,
            }
            for one in pressure.troubles
        ],
        "queues": [
            {
                "server": queue.server,
                "name": queue.name,
                "peak": queue.peak,
                "capacity": queue.capacity,
                "at_s": round(queue.at_s, 2),
            }
            for queue in pressure.queues
        ],
        "unread": list(pressure.unread),
    }


def write(data: dict[str, Any], folder: Path) -> Path:
    """Write `limits.json`. Raises UsageError where the folder cannot be written."""
    return written(folder / "limits.json", json.dumps(data, indent=1) + "\n")
