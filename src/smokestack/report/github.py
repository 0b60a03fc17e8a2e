"""Annotations of GitHub Actions: lines on stdout that a runner turns into notes on a run.

`::error file=…,line=…,title=…::message`, with `%`, line ends and, within properties, `:` and `,`
as percent codes, as the runner's own toolkit writes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from smokestack.report.causes import Shared, causes
from smokestack.report.text import details, names, printable
from smokestack.results import RunResult, Verdict

MOST = 10
"""Errors, and warnings, that GitHub shows of one step; the first ones are written."""
LEVELS = {Verdict.MISSED: "error", Verdict.UNMEASURED: "warning"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(result: RunResult) -> str:
    """A line for each cause, first cause first; nothing where all is met."""
    return "".join(f"{line}\n" for line in lines(result))


def lines(result: RunResult) -> Iterator[str]:
    """The lines, an error for what is missed and a warning for what could not be told."""
    left = dict.fromkeys(LEVELS.values(), MOST)
    for cause in causes(result.checks):
        level = LEVELS[cause.verdict]
        if left[level]:
            left[level] -= 1
            yield _line(level, cause)


def _line(level: str, cause: Shared) -> str:
    check = cause.first
    where = {"file": check.file, "line": str(check.line or 1)} if check.file else {}
    title = check.name if cause.is_own else cause.title
    properties = where | {"title": f"smokestack: {title}"}
    shown = ",".join(f"{k}={printable(v).translate(_PROPERTY)}" for k, v in properties.items())
    return f"::{level} {shown}::{_message(cause).translate(_DATA)}"


def _message(cause: Shared) -> str:
    first = [cause.first.judgement.summary] if cause.is_own else cause.told
    asked = f"checks: {', '.join(names(cause.checks))}"
    return "\n".join([*map(printable, first), asked, *details(cause.telling)])
