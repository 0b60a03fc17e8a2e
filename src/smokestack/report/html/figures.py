"""Measurements put where they belong: waterfall of latencies, hops of alerts, SLOs, all others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from smokestack.report.html.words import seconds, short
from smokestack.results import Measurement, RunResult, Timeline

LATENCY = "latency."
SLO = re.compile(r"slo\.(?P<slo>.+)\.(?P<what>sli|burn_rate|budget_spent)\.(?P<whose>[^.]+)")
HOPS = ("pending", "firing", "delivered", "inactive", "resolved")


@dataclass
class Objective:
    """What was measured of one SLO: figures by (what, whose)."""

    name: str
    figures: dict[tuple[str, str], Measurement] = field(default_factory=dict)

    @property
    def whose(self) -> list[str]:
        """Who measured it: the client, Prometheus."""
        return list(dict.fromkeys(whose for _, whose in self.figures))


def is_latency(timeline: Timeline) -> bool:
    """Whether it tells of the way of a signal, and not of an alert."""
    return timeline.name.startswith(LATENCY)


def hops(result: RunResult) -> dict[str, dict[str, Measurement]]:
    """Alert -> hop -> how long it took."""
    alerts = {check.subject for check in result.checks} | set(result.matrix)
    found: dict[str, dict[str, Measurement]] = {}
    for one in result.measurements:
        kind, _, rest = one.name.partition(".")
        alert, _, hop = rest.rpartition(".")
        if kind == "alerts" and hop in HOPS and alert in alerts:
            found.setdefault(alert, {})[hop] = one
    return found


def objectives(measured: Iterable[Measurement]) -> list[Objective]:
    """The SLOs, in their order."""
    found: dict[str, Objective] = {}
    for one in measured:
        if match := SLO.fullmatch(one.name):
            objective = found.setdefault(match["slo"], Objective(match["slo"]))
            objective.figures[match["what"], match["whose"]] = one
    return list(found.values())


def others(result: RunResult) -> list[Measurement]:
    """What has no section of its own."""
    alerts = {id(one) for row in hops(result).values() for one in row.values()}
    return [
        one for one in result.measurements
        if id(one) not in alerts and not SLO.fullmatch(one.name) and not _in_waterfall(one)
    ]  # fmt: skip


def _in_waterfall(one: Measurement) -> bool:
    return one.name.startswith(LATENCY) and one.unit == "s"


def waterfall(result: RunResult) -> list[Mapping[str, Any]]:
    """Rows {name, start, end, label, whole} in seconds: each signal, below it its hops in order."""
    whole, parts = _signals([one for one in result.measurements if _in_waterfall(one)])
    told = {one.name.removeprefix(LATENCY): one for one in result.timelines if is_latency(one)}
    rows: list[Mapping[str, Any]] = []
    for signal in dict.fromkeys([*whole, *parts, *told]):
        if one := whole.get(signal):
            allowed = f" of {seconds(one.budget)} allowed" if one.budget else ""
            rows.append(
                _row(signal, 0.0, one.figure, f"{seconds(one.figure)}{allowed}", whole=True)
            )
        if hops_of := parts.get(signal):
            rows += _measured(signal, hops_of)
        elif signal in told:
            rows += _seen(signal, told[signal])
    return rows


def _signals(
    measured: Sequence[Measurement],
) -> tuple[dict[str, Measurement], dict[str, list[Measurement]]]:
    whole: dict[str, Measurement] = {}
    parts: dict[str, list[Measurement]] = {}
    for one in measured:
        signal, _, hop = one.name.removeprefix(LATENCY).partition(".")
        if hop:
            parts.setdefault(signal, []).append(one)
        else:
            whole[signal] = one
    return whole, parts


def _measured(signal: str, found: Sequence[Measurement]) -> Iterable[Mapping[str, Any]]:
    """Each hop begins where the one before it ended."""
    start = 0.0
    for one in found:
        name = one.name.removeprefix(f"{LATENCY}{signal}.")
        end = start + one.figure
        yield _row(f"{signal}: {name}", start, end, seconds(one.figure), whole=False)
        start = end


def _seen(signal: str, told: Timeline) -> Iterable[Mapping[str, Any]]:
    """Each event is the end of a hop; the first one begins at 0."""
    for (start, _), (end, seen) in pairwise([(0.0, ""), *told.events]):
        yield _row(f"{signal}: {seen}", start, end, seconds(end - start), whole=False)


def _row(name: str, start: float, end: float, label: str, *, whole: bool) -> Mapping[str, Any]:
    return {"name": short(name), "start": start, "end": end, "label": label, "whole": whole}
