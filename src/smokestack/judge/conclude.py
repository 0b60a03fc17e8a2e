"""How every judgement is put together, so that all of them read alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from smokestack.errors import ObservationError
from smokestack.judge.cause import cause_of
from smokestack.results import (
    Cause,
    CauseKind,
    Evidence,
    Finding,
    Judgement,
    Measurement,
    Verdict,
)
from smokestack.wait import Waited

UNTOLD = "timing cannot be told: "
"""How everything begins that was not decided since the machine was too busy to time it."""
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
    """Could not be told, why, and what to do next where that is known."""
    if isinstance(reason, str):
        return Judgement(Verdict.UNMEASURED, reason, (), tuple(evidence))
    findings = (Finding(f"next: {reason.hint}"),) if reason.hint else ()
    found = Judgement(Verdict.UNMEASURED, reason.message, findings, tuple(evidence))
    return replace(found, cause=cause_of(reason))


def untimed(busy: str, more: str = "", evidence: Sequence[Evidence] = ()) -> Judgement:
    """Could not be told since times cannot be told, and why; `more` is what was seen all the
    same.
    """
    return _untimed(unmeasured(more, evidence), busy)


def _untimed(judgement: Judgement, busy: str) -> Judgement:
    """The same, said to be of a time at which times cannot be told."""
    text = "; ".join(filter(None, (f"{UNTOLD}{busy}", judgement.summary)))
    cause = Cause(CauseKind.UNTIMED, busy)
    return replace(judgement, verdict=Verdict.UNMEASURED, summary=text, cause=cause)


def excused(judgement: Judgement, busy: str | None) -> Judgement:
    """A judgement on what happens in time: missed says nothing where time cannot be told."""
    if busy and judgement.verdict is Verdict.MISSED:
        return untimed(busy, judgement.summary, judgement.evidence)
    return judgement


def late_or_lost(judgement: Judgement, busy: str | None) -> Judgement:
    """What is missing is late or lost: where time cannot be told, neither can that. What was
    found, and where it stopped, is kept.
    """
    if busy and judgement.verdict is Verdict.MISSED:
        return _untimed(judgement, busy)
    return judgement


def skipped(reason: str) -> Judgement:
    """Not asked, and why: never a pass."""
    return Judgement(Verdict.SKIPPED, reason)


def named(items: Iterable[str], limit: int = 3) -> str:
    """A few of many, for a sentence."""
    every = list(items)
    shown = ", ".join(every[:limit])
    return shown + (f", … ({len(every)} in all)" if len(every) > limit else "")
