"""All files of a report: those that each run writes, and those that can be made of it later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from smokestack.report import gitlab, html, junit, metrics, summary
from smokestack.results import RunResult

Write = Callable[[RunResult, Path], Path]

WRITERS: Mapping[str, Write] = {
    "html": html.write,
    "junit": junit.write,
    "markdown": summary.write,
    "metrics": metrics.write,
    "gitlab": gitlab.write,
}
"""What a finished run can be rendered as: a file each, by the name of its format."""
