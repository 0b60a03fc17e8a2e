"""Is a rule right at its real durations? What promtool said of it, put into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smokestack.alerting import RuleProof
from smokestack.judge.conclude import conclude
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Alert
from smokestack.system.true_time import TrueTime


def proven(
    alert: Alert, given: TrueTime, proof: RuleProof, moments: tuple[float, float], repeat: str
) -> Judgement:
    """It stays inactive just below its threshold; just above it fires, not before its `for` is
    over, says what it must, and ends.

    `moments`: seconds of input above the threshold after which it must not fire yet, and must.
    """
    findings = [Finding(text, "rule file") for text in _wrong(alert, given, proof, moments)]
    evidence = [
        Evidence(
            "rule test",
            f"{alert.alert}: {question}",
            "\n".join(lines.strip() for lines in failures) or "passed",
            "passed",
            repeat,
        )
        for question, failures in sorted(proof.failures.items())
    ]
    early, due = moments
    summary = (
        f"inactive below {alert.threshold:g}; above it not before {early:g} s, but by {due:g} s, "
        "as it must read; and it ends"
    )
    return conclude(summary, findings, evidence, exercised=len(proof.failures))


def _wrong(
    alert: Alert, given: TrueTime, proof: RuleProof, moments: tuple[float, float]
) -> Iterator[str]:
    failed = {question for question, failures in proof.failures.items() if failures}
    name, (early, due) = alert.alert, moments
    if "below" in failed:
        yield f"{name} fires below its threshold {alert.threshold:g}, with {_shown(given.below)}"
    if "fires" in failed:
        over = f"{due:g} s above its threshold {alert.threshold:g}, with {_shown(given.above)}"
        yield f"{name} does not fire after {over}"
        return  # what follows could not be otherwise
    if "waits" in failed:
        yield f"{name} fires after {early:g} s, before its `for` of {alert.for_s:g} s is over"
    if "content" in failed:
        yield f"{name} has other labels or annotations: {_told(proof.failures['content'])}"
    if "resolves" in failed:
        yield f"{name} still fires long after what set it off has ended"


def _shown(inputs: dict[str, str]) -> str:
    return ", ".join(f"{series} {course}" for series, course in inputs.items())


def _told(failures: Sequence[str]) -> str:
    """What promtool expected and got, on one line."""
    return " ".join(" ".join(failures).split())
