"""How every judgement is put together, so that all of them read alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from smokestack.errors import ObservationError
from smokestack.results import Evidence, Finding, Judgement, Measurement, Verdict
from smokestack.wait import Waited

NAMED = 1000
"""Differences that are named one by one; the rest is counted."""
POLLS = 40
"""Changes of what was seen while waiting that are kept: the last ones, which led to the end."""


class Differences(Collection[Finding]):
    """Findings as they are come upon: the first are kept, all are counted."""

    def __init__(self) -> None:
        self._first: list[Finding] = []
        self._number = 0

    def add(self, detail: str) -> None:
        """One more."""
        self._number += 1
        if self._number <= NAMED:
            self._first.append(Finding(detail))

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._first)

    def __contains__(self, one: object) -> bool:
        return one in self._first


def conclude(
    met: str,
    findings: Iterable[Finding],
    evidence: Sequence[Evidence] = (),
    *,
    exercised: int = 1,
    waited: Waited[object] | None = None,
    measurements: Iterable[Measurement] = (),
) -> Judgement:
    """Met with the summary `met` when there are no findings, missed otherwise.

    `exercised` is how many things were looked at: with nothing to look at the check is
    unmeasured, since empty never equals empty.
    """
    all_findings = tuple(findings)
    number = len(findings) if isinstance(findings, Differences) else len(all_findings)
    allowed, took = (waited.allowed_s, waited.took_s) if waited else (None, None)
    if all_findings:
        more = f" (and {number - 1} more)" if number > 1 else ""
        summary, verdict = all_findings[0].detail + more, Verdict.MISSED
    elif exercised == 0:
        summary, verdict = "nothing was there to be looked at", Verdict.UNMEASURED
    else:
        summary, verdict = met, Verdict.MET
    return Judgement(
        verdict,
        summary,
        all_findings[:NAMED],
        tuple(evidence),
        allowed,
        took,
        tuple(measurements),
        polls=tuple((round(p.at_s, 3), p.seen) for p in waited.polls[-POLLS:]) if waited else (),
    )


def unmeasured(reason: str | ObservationError, evidence: Sequence[Evidence] = ()) -> Judgement:
    """Could not be told, and why."""
    text = reason.message if isinstance(reason, ObservationError) else reason
    return Judgement(Verdict.UNMEASURED, text, (), tuple(evidence))


def excused(judgement: Judgement, busy: str | None) -> Judgement:
    """A judgement on what happens in time: missed says nothing where time cannot be told."""
    if busy and judgement.verdict is Verdict.MISSED:
        text = f"timing cannot be told: {busy}; {judgement.summary}"
        return unmeasured(text, judgement.evidence)
    return judgement


def late_or_lost(judgement: Judgement, busy: str | None) -> Judgement:
    """What is missing is late or lost: where time cannot be told, neither can that. What was
    found, and where it stopped, is kept.
    """
    if busy and judgement.verdict is Verdict.MISSED:
        text = f"timing cannot be told: {busy}; {judgement.summary}"
        return replace(judgement, verdict=Verdict.UNMEASURED, summary=text)
    return judgement


def skipped(reason: str) -> Judgement:
    """Not asked, and why: never a pass."""
    return Judgement(Verdict.SKIPPED, reason)


def named(items: Iterable[str], limit: int = 3) -> str:
    """A few of many, for a sentence."""
    every = list(items)
    shown = ", ".join(every[:limit])
    return shown + (f", … ({len(every)} in all)" if len(every) > limit else "")
