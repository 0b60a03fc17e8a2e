"""The lines that explain a check: expected, seen, lost where, how to ask again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from smokestack.results import CheckResult, Evidence

SHOWN = 5
"""Findings and pieces of evidence that are written out; run.json has them all."""

_CONTROL = re.compile("[^\t\n -~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """What a server said, with control characters spelled out: XML and terminals take none."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode-escape").decode("ascii"), text)


def names(checks: Sequence[CheckResult]) -> list[str]:
    """The first checks by name, and how many more there are."""
    more = len(checks) - SHOWN
    return [one.name for one in checks[:SHOWN]] + ([f"{more} more"] if more > 0 else [])


def details(check: CheckResult) -> Iterator[str]:
    """What a person needs to look into one check, a line each."""
    yield from map(printable, _lines(check))


def _lines(check: CheckResult) -> Iterator[str]:
    judgement = check.judgement
    for finding in judgement.findings[:SHOWN]:
        first, *rest = finding.detail.splitlines() or [""]
        yield f"seen: {first}"
        yield from (f"  {line}" for line in rest)
    more = len(judgement.findings) - SHOWN
    if more > 0:
        yield f"      and {more} more, in run.json"
    if lost := next((f.lost_at for f in judgement.findings if f.lost_at), None):
        yield f"lost at: {lost}"
    if judgement.allowed_s is not None and judgement.took_s is not None:
        yield f"waited: allowed {judgement.allowed_s:.1f} s, took {judgement.took_s:.1f} s"
    differing_first = sorted(judgement.evidence, key=lambda e: e.observed == e.expected)
    for evidence in differing_first[:SHOWN]:
        yield from _evidence(evidence)
    if check.id.split(".")[0] == check.suite.split("_")[0]:  # a check of ours: it has a page
        yield f"more: smokestack explain {check.id}"


def _evidence(evidence: Evidence) -> Iterator[str]:
    yield f"{evidence.kind}: {evidence.query}"
    yield f"  expected: {evidence.expected}"
    yield f"  observed: {evidence.observed}"
    if evidence.repeat:
        yield f"  repeat: {evidence.repeat}"
