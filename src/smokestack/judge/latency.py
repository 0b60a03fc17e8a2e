"""latency.*: how long each signal took on its way, as a whole and hop by hop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from smokestack.judge.conclude import conclude, excused, named, unmeasured, untimed
from smokestack.judge.spread import ENOUGH, late_hops
from smokestack.results import (
    Evidence,
    Finding,
    HopTimes,
    Judgement,
    Measurement,
    Verdict,
    Waterfall,
)
from smokestack.wait import Waited


def arrival(signal: str, waited: Waited[object], since_s: float, busy: str | None) -> Judgement:
    """Whether the wait for a signal ended in time. `since_s` is how long after the last response
    the wait began, in seconds; `busy` is why timing cannot be told on this machine, if so.
    """
    took = waited.took_s + since_s
    timeline = "; ".join(f"{poll.at_s + since_s:.2f} s: {poll.seen}" for poll in waited.polls[-8:])
    evidence = (Evidence("timeline", signal, timeline, f"within {waited.allowed_s:.1f} s"),)
    if waited.error is not None:
        return unmeasured(waited.error, evidence)
    in_time = waited.met and took <= waited.allowed_s
    last = waited.polls[-1].seen if waited.polls else "nothing"
    late = Finding(f"{signal} not complete after {took:.1f} s; last seen: {last}")
    if busy and not in_time:
        return untimed(busy, late.detail, evidence)
    return conclude(
        f"{signal} visible {took:.2f} s after the last response",
        () if in_time else (late,),
        evidence,
        waited=replace(waited, took_s=took),
        measurements=[Measurement(f"latency.{signal}", round(took, 3), "s", waited.allowed_s)],
    )


def on_its_way(
    arrived: Judgement, waterfall: Waterfall, busy: str | None, stepped: str | None
) -> Judgement:
    """The same judgement with how long each hop took: missed too where one took longer than it may.

    `stepped` is why times cannot be compared at all, if so.
    """
    whole = _with(arrived, waterfall)
    if stepped:
        return replace(unmeasured(stepped, whole.evidence), waterfall=waterfall)
    if arrived.verdict is not Verdict.MET:
        return whole
    findings = tuple(late_hops(waterfall))
    if findings:
        missed = conclude("", findings, whole.evidence)
        said = excused(missed, busy)
        return replace(
            said, waterfall=waterfall, measurements=whole.measurements,
            allowed_s=arrived.allowed_s, took_s=arrived.took_s,
        )  # fmt: skip
    return _unless_unseen(whole, waterfall)


def hop_by_hop(
    waterfall: Waterfall,
    findings: Iterable[Finding],
    evidence: Sequence[Evidence],
    busy: str | None,
    stepped: str | None,
) -> Judgement:
    """A judgement on hops where there is no wait for a whole load: missed with any findings."""
    what = waterfall.what if waterfall.events != 1 else waterfall.what.removesuffix("s")
    summary = f"{waterfall.events} {what}; {shown(waterfall)}"
    of_hops = tuple(_evidence(waterfall))
    judged = conclude(
        summary, findings, (*evidence, *of_hops),
        exercised=waterfall.events, measurements=tuple(_measurements(waterfall)),
    )  # fmt: skip
    if stepped:
        judged = unmeasured(stepped, judged.evidence)
    return _unless_unseen(replace(excused(judged, busy), waterfall=waterfall), waterfall)


def of_errors(
    waterfall: Waterfall,
    lost: Iterable[Finding],
    evidence: Sequence[Evidence],
    busy: str | None,
    stepped: str | None,
) -> Judgement:
    """Whether what tells of failed requests came, each hop in no longer than it may take. `lost`
    is what did not come.
    """
    findings = (*lost, *late_hops(waterfall))
    return hop_by_hop(waterfall, findings, evidence, busy, stepped)


def of_lives(
    waterfall: Waterfall,
    findings: Iterable[Finding],
    untold: Sequence[str],
    busy: str | None,
    stepped: str | None,
) -> Judgement:
    """Whether each hop of each alert took no longer than it may. `untold`: what did not happen, or
    was not told, of which alert.
    """
    judged = hop_by_hop(waterfall, findings, (), busy, stepped)
    if stepped or not untold or judged.verdict is Verdict.MISSED:
        return judged
    text = f"no time of {named(untold)}: it did not happen, or no server told of it"
    told = judged.evidence
    unknown = untimed(busy, text, told) if busy else unmeasured(text, told)
    return replace(unknown, waterfall=waterfall)


def _unless_unseen(judged: Judgement, waterfall: Waterfall) -> Judgement:
    """Not met where no hop saw an event: nothing was there to be late."""
    if judged.verdict is Verdict.MET and not any(hop.events for hop in waterfall.hops):
        text = f"no event of {waterfall.signal} was seen on its way, so no hop could be timed"
        return replace(unmeasured(text, judged.evidence), waterfall=waterfall)
    return judged


def _with(arrived: Judgement, waterfall: Waterfall) -> Judgement:
    """The judgement with the hops in its summary, evidence and figures."""
    text = shown(waterfall)
    return replace(
        arrived,
        summary=f"{arrived.summary}; {text}" if text else arrived.summary,
        evidence=(*arrived.evidence, *_evidence(waterfall)),
        measurements=(*arrived.measurements, *_measurements(waterfall)),
        waterfall=waterfall,
    )


def shown(waterfall: Waterfall) -> str:
    """The hops in one line: of each, what 95% of its events took at most."""
    told = [h for h in waterfall.hops if h.p95_s is not None and h.part_of is None]
    share = "95%" if any(h.events >= ENOUGH for h in told) else "at most"
    return f"{share}: " + ", ".join(f"{h.name} {h.p95_s:.2f} s" for h in told) if told else ""


def _evidence(waterfall: Waterfall) -> Iterable[Evidence]:
    for hop in waterfall.hops:
        yield Evidence("hop", f"{waterfall.signal}: {hop.name}", _observed(hop), _allowed(hop))


def _observed(hop: HopTimes) -> str:
    if hop.p95_s is None or hop.p50_s is None or hop.max_s is None:
        return f"not told: {hop.untold}" if hop.untold else "beyond the last bucket"
    figures = f"50% {hop.p50_s:.3f} s, 95% {hop.p95_s:.3f} s, all {hop.max_s:.3f} s"
    return f"{figures} of {hop.events} ({hop.told_by})"


def _allowed(hop: HopTimes) -> str:
    if hop.part_of:
        return f"a part of {hop.part_of}"
    if hop.allowed_s is None:
        return "nothing is promised"
    share = "" if hop.allowed_p95_s is None else f"95% ≤ {hop.allowed_p95_s:.2f} s, "
    return f"{share}all ≤ {hop.allowed_s:.2f} s"


def _measurements(waterfall: Waterfall) -> Iterable[Measurement]:
    for hop in waterfall.hops:
        figures = {"p50": hop.p50_s, "p95": hop.p95_s, "max": hop.max_s}
        budgets = {"p95": hop.allowed_p95_s, "max": hop.allowed_s}
        for which, figure in figures.items():
            if figure is not None:
                name = f"latency.{waterfall.signal}.{hop.name}.{which}"
                yield Measurement(name, figure, "s", budgets.get(which))
