"""slo.objective where nothing of ours is sent: what Prometheus counted over the last minutes and
hours, held against the objective and against the rates at which somebody should be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smokestack.judge.conclude import conclude, unmeasured
from smokestack.judge.slo import Figures, below, promised
from smokestack.results import Evidence, Finding, Judgement, Measurement
from smokestack.samples import WindowSeen
from smokestack.system import Slo
from smokestack.system.slo_rules import BURNS


def objective_lately(
    slo: Slo, judged: WindowSeen, others: Sequence[WindowSeen], repeat: str
) -> Judgement:
    """The objective is reached over one window, and the budget is not spent at a rate that calls
    for somebody, over any pair of the others.

    Unmeasured where nothing was counted, or so little that not even one event may be bad.
    """
    every = (judged, *(one for one in others if one.window != judged.window))
    evidence = [_evidence(slo, one, repeat) for one in every]
    if not judged.total:
        return unmeasured(f"{_total(slo)} counted nothing in the last {judged.window}", evidence)
    figures = _figures(slo, judged)
    if figures.allowed < 1:
        needed = f"{1 / figures.budget:.0f} needed, so that one of them may be bad"
        few = f"{figures.total:.0f} requests in the last {judged.window} are too few to tell"
        return unmeasured(f"{few}: {needed}", evidence)
    findings = [*below(slo, f"Prometheus over {judged.window}", figures), *_burning(slo, others)]
    return conclude(
        f"{figures.sli:.3%} of {figures.total:.0f} requests good in the last {judged.window}, "
        f"{promised(slo)} promised: burn rate {figures.burn_rate:.2f}; {_told(slo, others)}",
        findings,
        evidence,
        measurements=_measured(slo, every),
    )


def _burning(slo: Slo, seen: Sequence[WindowSeen]) -> Iterator[Finding]:
    """A finding for each pair of windows over both of which the budget is spent too fast."""
    by_window = {one.window: one for one in seen if one.total}
    for severity, burns in BURNS.items():
        for burn in burns:
            if burn.long not in by_window or burn.short not in by_window:
                continue
            limit = float(burn.rate(slo.document.window_s))
            long, short = (_figures(slo, by_window[one]) for one in (burn.long, burn.short))
            if long.allowed >= 1 and min(long.burn_rate, short.burn_rate) > limit:
                yield Finding(
                    f"the budget is spent {long.burn_rate:.1f} times as fast as allowed over "
                    f"{burn.long}, {short.burn_rate:.1f} times over {burn.short}: a {severity} "
                    f"is due over {limit:g}"
                )


def _told(slo: Slo, seen: Sequence[WindowSeen]) -> str:
    """The burn rate over each of the windows that have enough events."""
    figures = [(one.window, _figures(slo, one)) for one in seen if one.total]
    enough = [f"{of.burn_rate:.2f} over {window}" for window, of in figures if of.allowed >= 1]
    few = [window for window, of in figures if of.allowed < 1]
    few += [one.window for one in seen if not one.total]
    cannot = f"too few to tell over {', '.join(few)}" if few else ""
    return "; ".join(filter(None, (", ".join(enough), cannot)))


def _figures(slo: Slo, seen: WindowSeen) -> Figures:
    budget = float(slo.document.budget)
    return Figures(seen.good, seen.total or 0.0, budget, seen.seconds, slo.document.window_s)


def _evidence(slo: Slo, seen: WindowSeen, repeat: str) -> Evidence:
    shown = _figures(slo, seen).shown() if seen.total else "no events"
    least = f"at least {promised(slo)} good"
    return Evidence("prometheus", f"{_total(slo)}, last {seen.window}", shown, least, repeat)


def _total(slo: Slo) -> str:
    return slo.document.ratio.total.query.summed


def _measured(slo: Slo, seen: Sequence[WindowSeen]) -> Iterator[Measurement]:
    for one in seen:
        if one.total:
            name = f"slo.{slo.name}.burn_rate.{one.window}"
            yield Measurement(name, round(_figures(slo, one).burn_rate, 4), "times", 1.0)
