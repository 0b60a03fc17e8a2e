"""Is a rule right at its real durations? What promtool said of it, put into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smokestack.alerting import RuleProof
from smokestack.judge.conclude import conclude
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Alert
from smokestack.system.true_time import TrueTime

HOUR_S = 3600.0


@dataclass(frozen=True)
class Tried:
    """An input and what came of it.

    `moments`: seconds of input above the threshold after which it must not fire yet, and must.
    `repeat` is a shell command that asks again.
    """

    given: TrueTime
    proof: RuleProof
    moments: tuple[float, float]
    repeat: str


def proven(alert: Alert, tried: Sequence[Tried]) -> Judgement:
    """It stays inactive just below its threshold; just above it fires, not before its `for` is
    over, says what it must, and ends: on every input.
    """
    findings = [Finding(text, "rule file") for one in tried for text in _wrong(alert, one)]
    summary = "; ".join(_met(alert, one) for one in tried)
    evidence = [told for one in tried for told in _evidence(alert, one)]
    asked = sum(len(one.proof.failures) for one in tried)
    return conclude(f"{summary}, as it must read; and it ends", findings, evidence, exercised=asked)


def _met(alert: Alert, one: Tried) -> str:
    early, due = one.moments
    return (
        f"inactive below {_threshold(alert, one):g}, above it not before {_time(early)}, "
        f"but by {_time(due)}"
    )


def _threshold(alert: Alert, one: Tried) -> float:
    return alert.threshold if one.given.threshold is None else one.given.threshold


def _evidence(alert: Alert, one: Tried) -> Iterator[Evidence]:
    for question, failures in sorted(one.proof.failures.items()):
        seen = "\n".join(lines.strip() for lines in failures) or "passed"
        about = f"{alert.alert} at {_threshold(alert, one):g}: {question}"
        yield Evidence("rule test", about, seen, "passed", one.repeat)


def _wrong(alert: Alert, one: Tried) -> Iterator[str]:
    proof, given = one.proof, one.given
    failed = {question for question, failures in proof.failures.items() if failures}
    name, (early, due), threshold = alert.alert, one.moments, _threshold(alert, one)
    if "below" in failed:
        yield f"{name} fires below its threshold {threshold:g}, with {_shown(given.below)}"
    if "fires" in failed:
        over = f"{_time(due)} above its threshold {threshold:g}, with {_shown(given.above)}"
        yield f"{name} does not fire after {over}"
        return  # what follows could not be otherwise
    if "waits" in failed:
        yield f"{name} fires after {_time(early)}, {_before(alert, given)}"
    if "content" in failed:
        yield f"{name} has other labels or annotations: {_told(proof.failures['content'])}"
    if "resolves" in failed:
        yield f"{name} still fires long after what set it off has ended"


def _before(alert: Alert, given: TrueTime) -> str:
    """What had not come yet when it fired."""
    if alert.for_s:
        return f"before its `for` of {_time(alert.for_s)} is over"
    return f"before its condition should hold, after {_time(given.after)}"


def _time(seconds: float) -> str:
    """Hours where there are two and more."""
    return f"{seconds:g} s" if seconds < 2 * HOUR_S else f"{seconds / HOUR_S:g} h"


def _shown(inputs: dict[str, str]) -> str:
    return ", ".join(f"{series} {course}" for series, course in inputs.items())


def _told(failures: Sequence[str]) -> str:
    """What promtool expected and got, on one line."""
    return " ".join(" ".join(failures).split())
