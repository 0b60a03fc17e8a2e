"""What must be there of the requests that failed: a line of each service, and a trace."""

from __future__ import annotations

from collections.abc import Sequence

from smokestack.judge.conclude import named
from smokestack.results import Evidence, Finding


def lost(
    lines: int, expected: int, traces: int, lacking: Sequence[str], query: str
) -> tuple[tuple[Finding, ...], tuple[Evidence, ...]]:
    """What is not there after its time, and what was looked at. `traces` must be there, `lacking`
    are those of them that are not.
    """
    findings = []
    if lines < expected:
        findings.append(Finding(f"errors: {lines} of {expected} lines of failed requests came"))
    if lacking:
        text = f"{traces - len(lacking)} of {traces} traces of failed requests came"
        findings.append(Finding(f"errors: {text}; lacking {named(lacking)}"))
    evidence = (
        Evidence("lines", query, f"{lines} lines", f"{expected} lines"),
        Evidence("traces", "of failed requests", f"{traces - len(lacking)}", f"{traces}"),
    )
    return tuple(findings), evidence
