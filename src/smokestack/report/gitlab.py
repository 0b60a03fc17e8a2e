"""Writes GitLab's code-quality report: what is not met, as a merge request shows it.

A list of `{description, check_name, fingerprint, severity, location: {path, lines: {begin}}}`, the
fields that GitLab's documentation has (docs.gitlab.com/ci/testing/code_quality).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smokestack.report.causes import causes
from smokestack.report.files import written
from smokestack.report.text import printable
from smokestack.results import CheckResult, RunResult, Verdict

NAME = "gl-code-quality-report.json"
SEVERITIES = {Verdict.MISSED: "critical", Verdict.UNMEASURED: "major"}
NOWHERE = "suites"
"""The path of a check whose file is not known: GitLab drops an entry without one."""


def write(result: RunResult, folder: Path) -> Path:
    """Write the report beside `run.json`, whole or not at all. Raises UsageError."""
    return written(folder / NAME, render(result))


def render(result: RunResult) -> str:
    """The whole file; an empty list where all is met."""
    return json.dumps(list(_entries(result)), indent=1) + "\n"


def _entries(result: RunResult) -> Iterator[dict[str, Any]]:
    """An entry for each check that is not met, first cause first."""
    numbers: dict[str, int] = {}
    for cause in causes(result.checks):
        for check in cause.checks:
            said = check.judgement.summary if cause.is_own else cause.title
            mark = _fingerprint(result, check, numbers)
            yield {
                "description": printable(f"{check.name} {check.verdict}: {said}"),
                "check_name": check.id,
                "fingerprint": mark,
                "severity": SEVERITIES[check.verdict],
                "location": {"path": check.file or NOWHERE, "lines": {"begin": check.line or 1}},
            }


def _fingerprint(result: RunResult, check: CheckResult, numbers: dict[str, int]) -> str:
    """The same for the same check in each run, so that a merge request shows what is new; of
    entries with one fingerprint GitLab shows but the first.
    """
    whole = f"{result.system}\0{check.id}\0{check.subject}"
    numbers[whole] = numbers.get(whole, 0) + 1
    return hashlib.sha256(f"{whole}\0{numbers[whole]}".encode()).hexdigest()
