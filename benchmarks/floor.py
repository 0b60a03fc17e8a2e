"""The floor under `pytest suites/`: seconds that the configured intervals alone impose.

Every step is a wait which no faster machine and no better code would shorten, since the stack's
own configuration (at pace fast) or the steady scenario's schedule asks for it. Starting servers,
requests, queries and judging count as nothing. Where an interval is waited for from a random
moment of it, half of it counts; for the later of two, two thirds: what is to be expected. A run
that meets every phase at its worst waits longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smokestack.judge.deadlines import HOLD_EVALUATIONS, Deadlines
from smokestack.system import Alert
from smokestack.timings import Timings


@dataclass(frozen=True)
class Step:
    """Seconds of the floor, and the sum that they are."""

    name: str
    seconds: float
    sum: str

    def __str__(self) -> str:
        return f"{self.seconds:6.2f} s  {self.name}: {self.sum}"


def steps(
    timings: Timings, factor: float, alerts: Iterable[Alert], loads: Iterable[Mapping[str, Any]]
) -> list[Step]:
    """Everything that a run of all suites waits for, one after the other.

    `alerts` are those that are lived through: each that bears no other beside it by itself, and
    of the others the one that takes longest.
    """
    return [
        Step("first scrape", later_of_two(timings.scrape_s),
             f"the later of 2 targets of the application, every {timings.scrape_s:.2f}"),
        _schedule(loads),
        _arrivals(timings),
        *_lives(timings, factor, list(alerts)),
    ]  # fmt: skip


def later_of_two(interval_s: float) -> float:
    """Expected wait for the later of two that come every `interval_s`, at random offsets."""
    return interval_s * 2 / 3


def _schedule(loads: Iterable[Mapping[str, Any]]) -> Step:
    """Loads of an asked rate that are not the alert's: their schedule is their own."""
    paced = [one for one in loads if one["asked_rate"] and not one["name"].startswith("alert-")]
    return Step(
        "schedule of the traffic",
        sum((one["requests"] - 1) / one["asked_rate"] for one in paced),
        ", ".join(f"{o['name']} {o['requests'] - 1}/{o['asked_rate']:g}" for o in paced),
    )


def _arrivals(timings: Timings) -> Step:
    """Three signals side by side: the slowest of them."""
    quiet = Deadlines(timings).quiet_s
    ways = {
        "closing scrapes": later_of_two(timings.scrape_s),
        "logs (poll/2 + batch + quiet window)": timings.log_poll_s / 2 + timings.batch_s + quiet,
        "traces (delay/2 + batch + cut + quiet window)": timings.span_delay_s / 2
        + timings.batch_s
        + timings.trace_cut_s
        + quiet,
    }
    shown = ", ".join(f"{name} {seconds:.2f}" for name, seconds in ways.items())
    return Step("arrival of the signals", max(ways.values()), f"the longest of {shown}")


def _lives(timings: Timings, factor: float, alerts: Sequence[Alert]) -> Iterator[Step]:
    alone = [list(_alert(timings, factor, one)) for one in alerts if one.driven.alone]
    together = [list(_alert(timings, factor, one)) for one in alerts if not one.driven.alone]
    longest = sorted(together, key=lambda life: sum(step.seconds for step in life))[-1:]
    for life in (*alone, *longest):
        yield from life


def _alert(timings: Timings, factor: float, alert: Alert) -> Iterator[Step]:
    """One alert's life, phase by phase as drive/alert_life.py goes through it."""
    divided = alert.factor(factor)
    window, for_s = alert.window / divided, alert.for_s / divided
    scrape, evaluation, lived = timings.scrape_s, timings.evaluation_s, alert.driven
    seen, group = (scrape + evaluation) / 2, timings.group_interval_s
    share = lived.scenario is not None and lived.moves in ("errors", "rate")
    silent = lived.scenario is not None and lived.moves == "silence"
    fill = window if share or lived.moves == "latency" else 0.0
    rise = window * (1 - lived.hold) / (lived.drive - lived.hold) if share else window * silent
    fall = window * (1 - 1 / lived.drive) if share else 0.0
    name = alert.alert
    yield Step(f"{name}: quiet first", 2 * evaluation, f"2 evaluations of {evaluation:.2f}")
    yield Step(
        f"{name}: window filled",
        fill + 2 * scrape + evaluation,
        f"window {fill:.2f} + 2 scrapes {scrape:.2f} + evaluation {evaluation:.2f}",
    )
    yield Step(
        f"{name}: held below", HOLD_EVALUATIONS * evaluation, f"{HOLD_EVALUATIONS} evaluations"
    )
    yield Step(
        f"{name}: over the threshold",
        rise + seen,
        f"from {lived.hold:g} to {lived.drive:g} times: at 1 after {rise:.2f}, "
        f"+ half a scrape and half an evaluation {seen:.2f}",
    )
    yield Step(f"{name}: for", for_s, "as the rule says")
    yield Step(f"{name}: group_wait", timings.group_wait_s, "as the route says")
    yield Step(
        f"{name}: resolved",
        max(group, fall + seen),
        f"the longer of group_interval {group:.2f} and the fall from {lived.drive:g} to 1 "
        f"times {fall:.2f} + {seen:.2f}",
    )
