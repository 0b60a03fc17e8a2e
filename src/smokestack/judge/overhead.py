"""overhead.*: what each signal costs a request, against its budgets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from smokestack.arms import AGAIN, OFF, STATISTICS, Compared, Seen
from smokestack.judge.conclude import UNTOLD, conclude, named, skipped, unmeasured, untimed
from smokestack.judge.costs import Cost, Question, decided
from smokestack.judge.paired import ERROR, FEWEST
from smokestack.results import Evidence, Finding, Judgement, Measurement, Verdict
from smokestack.system.overhead import Limit, Overhead, OverheadSignal

AT = {"mean": "a request", "p50": "a request at p50", "p95": "at p95", "cpu": "of CPU a request"}
SIGNALS = ("metrics", "logs", "traces")


def cost_of(signal: OverheadSignal, section: Overhead, compared: Compared) -> Judgement:
    """Whether a signal keeps all of its budgets, on the quiet route and on the working one."""
    if not section.of(signal):
        return skipped(f"this system has no budget for what {_subject(signal)} may cost")
    if why := not_comparable(signal, compared):
        return unmeasured(why)
    costs = [decided(compared, one) for one in questions(section, signal)]
    found = [one for one in costs if one is not None]
    if len(found) < len(costs) or not compared.rounds:
        return unmeasured("no round of the arms was measured to its end")
    evidence = (
        []
        if len(compared.rounds) < FEWEST
        else [_evidence(section, compared, one) for one in found]
    )
    judgement = _judged(section, compared, found, evidence)
    return replace(
        judgement,
        measurements=tuple(_measurements(section, compared, found)),
        allowed_s=compared.allowed_s,
        took_s=compared.spent_s,
    )


def questions(section: Overhead, signal: OverheadSignal) -> list[Question]:
    """Every figure that a budget of a signal is about."""
    return [
        Question(signal, route, one.statistic, one.max)
        for one in section.of(signal)
        for route in section.routes.named()
    ]


def is_open(section: Overhead, compared: Compared) -> bool:
    """Whether more rounds could decide what is not decided yet."""
    if any(arm in compared.broken for arm in (OFF, AGAIN)):
        return False
    alive = [signal for signal in section.signals if signal not in compared.broken]
    costs = [decided(compared, one) for signal in alive for one in questions(section, signal)]
    return any(one is None or one.verdict is Verdict.UNMEASURED for one in costs)


def not_comparable(signal: OverheadSignal, compared: Compared) -> str | None:
    """Why an arm is not what it says it is, or not there any more."""
    for arm in (OFF, AGAIN, signal):
        if arm in compared.broken:
            return f"the arm `{arm}` cannot be compared: {compared.broken[arm]}"
    off, again, on = (compared.seen.get(arm, {}) for arm in (OFF, AGAIN, signal))
    if why := next(_unlike(off, again), None):
        return f"the two arms without telemetry are not alike: {why}"
    return next(_unproven(signal, off, on), None)


def _unproven(signal: OverheadSignal, off: Seen, on: Seen) -> Iterator[str]:
    """What differs between the arms must be the signal, and nothing else."""
    wanted = SIGNALS if signal == "all" else (signal,)
    for one in wanted:
        if off.get(one):
            yield f"the arm `{OFF}` is not without {one}: {_what(one, given=True)}"
        if on.get(one) is False:
            yield f"the arm `{signal}` is not what it says: {_what(one, given=False)}"
    if not any(on.get(one) for one in wanted):
        yield f"whether the arm `{signal}` has {' or '.join(wanted)} cannot be seen"
    others = {one: off.get(one) for one in SIGNALS if one not in wanted}
    for why in _unlike(others, {one: on.get(one) for one in others}):
        yield f"the arms `{OFF}` and `{signal}` differ in more than {signal}: {why}"


def _unlike(one: Seen, other: Seen) -> Iterator[str]:
    for signal in SIGNALS:
        if one.get(signal) != other.get(signal):
            yield f"only one of them has {signal}"


def _what(signal: str, *, given: bool) -> str:
    """What was seen of a signal, or was not."""
    if signal == "metrics":
        return "it exposes metrics" if given else "it exposes no metrics"
    if signal == "logs":
        return "it writes lines" if given else "it wrote no line for each request"
    return "its spans are in the trace store" if given else "none of its traces is in the store"


def _judged(
    section: Overhead, compared: Compared, costs: Sequence[Cost], evidence: Sequence[Evidence]
) -> Judgement:
    missed = [one for one in costs if one.verdict is Verdict.MISSED]
    untold = [one for one in costs if one.verdict is Verdict.UNMEASURED]
    if untold and not missed:
        text = named([_untold(section, one) for one in untold], limit=1)
        if compared.short:
            return untimed(compared.short, text.removeprefix(UNTOLD), evidence)
        return unmeasured(text, evidence)
    said = "; ".join(_said(section, one) for one in costs)
    over = [Finding(f"{_said(section, one)}: over the budget") for one in missed]
    return conclude(said, over, evidence, exercised=len(costs))


def _said(section: Overhead, one: Cost) -> str:
    """Such as: metrics cost the application's GET /api/v1/ping 0.21 ms at p95, give or take 0.03
    (budget 1 ms).
    """
    asked = one.question
    route = section.routes.named()[asked.route]
    figure = f"{_shown(one.cost.value)} ms {AT[asked.statistic]}"
    return (
        f"{_subject(asked.arm)} cost the application's {route} {figure}, give or take "
        f"{_shown(one.cost.half)} (budget {_budget(asked.limit, one.allowed)})"
    )


def _untold(section: Overhead, one: Cost) -> str:
    if one.rounds < FEWEST:
        return (
            f"{UNTOLD}in {section.time_allowed:g} s there were only {one.rounds} "
            f"rounds of the arms, and {FEWEST} are needed to say anything"
        )
    if one.needed is None:
        more = "no number of rounds would decide it"
    else:
        more = f"about {one.needed} would decide it: a longer time_allowed, or an idle machine"
    if one.too_wide:
        noise = max(-one.alike.low, one.alike.high)
        return (
            f"{UNTOLD}two arms that are alike may seem {_shown(noise)} ms apart on a "
            f"machine so busy; {_said(section, one)}, after {one.rounds} rounds; {more}"
        )
    low, high = one.cost.low, one.cost.high
    return (
        f"{_said(section, one)}: from {_shown(low)} to {_shown(high)} ms, which is around the "
        f"budget, after {one.rounds} rounds; {more}"
    )


def _evidence(section: Overhead, compared: Compared, one: Cost) -> Evidence:
    asked = one.question
    return Evidence(
        "paired rounds",
        f"{section.routes.named()[asked.route]}, arm `{asked.arm}` against two arms `{OFF}`",
        f"{_shown(one.cost.value)} ms {AT[asked.statistic]}, {_shown(one.cost.low)} to "
        f"{_shown(one.cost.high)} with {1 - ERROR:.0%} over all looks; {_shown(one.without)} ms "
        f"without; {OFF} against {OFF}: {_shown(one.alike.value)} ms, {_shown(one.alike.low)} to "
        f"{_shown(one.alike.high)}; {one.rounds} rounds of {compared.requests} requests; "
        f"{compared.pinned}",
        f"below {_budget(asked.limit, one.allowed)}",
    )


def _measurements(
    section: Overhead, compared: Compared, costs: Sequence[Cost]
) -> Iterator[Measurement]:
    """All four statistics on both routes, in milliseconds a request: those with a budget as they
    were judged, the others after all rounds.
    """
    judged = {(one.question.route, one.question.statistic): one for one in costs}
    arm = costs[0].question.arm
    for route in section.routes.named():
        for statistic in STATISTICS:
            one = judged.get((route, statistic))
            if one is None:
                one = decided(compared, Question(arm, route, statistic))
            if one is not None:
                yield _measurement(one)


def _measurement(one: Cost) -> Measurement:
    asked = one.question
    known = not math.isinf(one.cost.half)
    return Measurement(
        f"overhead.{asked.arm}.{asked.route}.{asked.statistic}",
        _ms(one.cost.value),
        "ms",
        None if math.isnan(one.allowed) else _ms(one.allowed),
        (_ms(one.cost.low), _ms(one.cost.high)) if known else None,
    )


def _subject(signal: str) -> str:
    return "all signals together" if signal == "all" else signal


def _budget(limit: Limit | None, allowed: float) -> str:
    if limit is not None and limit.share is not None:
        return f"{limit}, here {_shown(allowed)} ms"
    return str(limit)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 4)


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"
