"""The way of an alert from its cause to whoever must be told, by the servers' own times.

Each alert has a rule, a window and a `for` of its own, so each is held against its own allowance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from smokestack.alerting import AlertLife
from smokestack.judge.deadlines import MARGIN_S
from smokestack.judge.spread import Hop, of_buckets
from smokestack.results import Finding, Waterfall
from smokestack.samples import Buckets
from smokestack.system import Alert
from smokestack.timings import Timings

WINDOW = "its expression is true"
LOOKS = "looks from outside"


@dataclass(frozen=True)
class Lived:
    """An alert that was lived through. `factor` is by how much its durations were divided,
    `evaluation_s` the interval of its own group of rules.
    """

    alert: Alert
    life: AlertLife
    factor: float
    evaluation_s: float = 0.0


@dataclass(frozen=True)
class Step:
    """One hop of one alert: the seconds that it took, None where it was not told, and may take."""

    name: str
    told_by: str
    took: float | None
    waits_s: float


def steps(one: Lived, waits: Timings) -> tuple[Step, ...]:
    """The hops of one alert. What a scrape, the rule's window and the evaluation each take until
    its expression is true, Prometheus does not say.
    """
    alert, life = one.alert, one.life
    told, gone = life.delivered("firing"), life.delivered("resolved")
    told_at, gone_at = told.at if told else None, gone.at if gone else None
    evaluation = max(waits.evaluation_s, one.evaluation_s)
    noticed = alert.window / one.factor + waits.metrics_s + evaluation
    return (
        Step(WINDOW, "prometheus", _between(life.drive_at, life.active_at), noticed),
        Step(
            "for", "prometheus", _between(life.active_at, life.fired_at),
            alert.for_s / one.factor + evaluation,
        ),
        Step("handed on", "alertmanager", _between(life.fired_at, life.handed_at), 0.0),
        Step(
            "group wait and delivery", "receiver", _between(life.handed_at, told_at),
            waits.group_wait_s,
        ),
        Step("it ends", LOOKS, _between(life.recover_at, life.inactive_at), noticed),
        Step(
            "end is told", "receiver", _between(life.inactive_at, gone_at),
            waits.group_interval_s + evaluation,
        ),
    )  # fmt: skip


def _between(before: float | None, after: float | None) -> float | None:
    """Seconds; a look may see an end that was told already."""
    return None if before is None or after is None else max(0.0, after - before)


def of_alerts(
    lived: Sequence[Lived], waits: Timings, delivery: Buckets | None
) -> tuple[Waterfall, tuple[Finding, ...], tuple[str, ...]]:
    """The way of all of them, each hop that took too long, and what was not told of which."""
    every = [(one.alert.alert, steps(one, waits)) for one in lived]
    hops = [replace(hop.times(), allowed_p95_s=None) for hop in _together(every)]
    place = 1 + next((n for n, hop in enumerate(hops) if "delivery" in hop.name), len(hops))
    part_of = "group wait and delivery"
    hops.insert(place, of_buckets("delivery", delivery, part_of, "Alertmanager did not tell"))
    untold = [f"{name}: {step.name}" for name, of in every for step in of if step.took is None]
    return (
        Waterfall("alerts", "alerts", len(lived), tuple(hops)),
        tuple(_late(every)),
        tuple(untold),
    )


def _together(every: Iterable[tuple[str, tuple[Step, ...]]]) -> Iterable[Hop]:
    """Each hop over all alerts; it may wait as long as that of the slowest one."""
    for alike in zip(*(of for _, of in every), strict=True):
        took = tuple(step.took for step in alike if step.took is not None)
        first = alike[0]
        yield Hop(first.name, first.told_by, took, max(step.waits_s for step in alike))


def _late(every: Iterable[tuple[str, tuple[Step, ...]]]) -> Iterable[Finding]:
    for name, of in every:
        for step in of:
            allowed = step.waits_s + MARGIN_S
            if step.took is not None and step.took > allowed:
                text = f"{step.name} took {step.took:.2f} s, allowed {allowed:.2f} s"
                yield Finding(f"alerts: {name}: {text}", step.told_by)
