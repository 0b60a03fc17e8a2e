"""Measurements put where they belong: waterfall of latencies, hops of alerts, SLOs, all others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smokestack.report.html.words import seconds, short
from smokestack.results import Measurement, RunResult

LATENCY = "latency."
SLO = re.compile(r"slo\.(?P<slo>.+)\.(?P<what>sli|burn_rate|budget_spent)\.(?P<whose>[^.]+)")
Row = Mapping[str, Any]
"""A bar of a waterfall: {name, start, half, end, label, whole}; times in seconds."""
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


def wholes(result: RunResult) -> list[Row]:
    """A row for each signal: how long it took from the last response until it could be queried."""
    return [
        _row(one.name.removeprefix(LATENCY), (0.0, one.figure, one.figure), _of(one), whole=True)
        for one in result.measurements
        if _in_waterfall(one) and one.name.count(".") == 1
    ]


def _of(one: Measurement) -> str:
    return seconds(one.figure) + (f" of {seconds(one.budget)} allowed" if one.budget else "")


def hop_rows(way: Any) -> list[Row]:
    """A row for each hop of a signal that something is known of. It begins where half of the
    events had the one before it behind them; one that is part of another begins with it. `half` is
    where half of the events had it behind them, `end` where 95% had.
    """
    rows: list[Row] = []
    begins, last = 0.0, 0.0
    for hop in way.hops:
        if hop.p50_s is None or hop.p95_s is None:
            continue
        start = last if hop.part_of else begins
        label = f"{seconds(hop.p50_s)}, 95%: {seconds(hop.p95_s)}"
        name = f"of it {hop.name}" if hop.part_of else str(hop.name)
        rows.append(_row(name, (start, start + hop.p50_s, start + hop.p95_s), label, whole=False))
        if not hop.part_of:
            last, begins = begins, begins + hop.p50_s
    return rows


def _row(name: str, times: tuple[float, float, float], label: str, *, whole: bool) -> Row:
    start, half, end = times
    return {"name": short(name), "start": start, "half": half, "end": end,
            "label": short(label), "whole": whole}  # fmt: skip
