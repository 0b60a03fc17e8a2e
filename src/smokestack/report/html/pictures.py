"""The page's charts, drawn: each of them only where the run has data for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

from markupsafe import Markup

from smokestack.report.html import boards, charts, figures
from smokestack.report.html.charts import Chart
from smokestack.report.html.drawing import draw
from smokestack.report.html.figures import Row
from smokestack.report.html.words import seconds, short
from smokestack.results import Measurement, RunResult

MOST_ROWS = 60
"""Rows of one chart; what is beyond stands in the tables."""


def pictures(result: RunResult) -> Mapping[str, Markup | str]:
    """Name of a chart -> its SVG, or why it could not be drawn."""
    planned = [
        _traffic(result),
        _alerts(result),
        *_latency(result),
        *_budgets(result),
        *_boards(result),
    ]
    return {plan[0]: _drawn(plan[1], plan[2]) for plan in planned if plan}


def _drawn(chart: Callable[[], Chart], label: str) -> Markup | str:
    """A chart that cannot be drawn is no reason to have no report: the tables have its data."""
    try:
        return Markup(draw(chart(), label))  # noqa: S704 - of known elements only
    except (ValueError, ImportError) as error:
        return f"this chart could not be drawn: {str(error).splitlines()[0]}"


Plan = tuple[str, Callable[[], Chart], str]


def _traffic(result: RunResult) -> Plan | None:
    rows = charts.sent(result.loads, result.started_at)
    if not rows:
        return None
    alerts = result.timelines
    sums = {kind: sum(int(row["count"]) for row in of)
            for kind, of in groupby(sorted(rows, key=_kind), key=_kind)}  # fmt: skip
    told = ", ".join(f"{count:,} {kind}" for kind, count in sums.items())
    for one in result.seen:
        told += f"; {one.server} saw {sum(sum(by.counts) for by in one.over_time.by):,}"
    began, found = result.started_at, result.seen
    return "traffic", lambda: charts.traffic(rows, alerts, began, found), f"Requests: {told}"


def _kind(row: Chart) -> str:
    return str(row["kind"])


def _alerts(result: RunResult) -> Plan | None:
    found = [one for one in result.timelines if one.events]
    if not found:
        return None
    label = "; ".join(
        f"{short(one.name)}: {', '.join(f'{state} at {seconds(at)}' for at, state in one.events)}"
        for one in found[:MOST_ROWS]
    )
    return "alerts", lambda: charts.states(found[:MOST_ROWS]), f"States of alerts. {label}"


def _latency(result: RunResult) -> list[Plan]:
    """A chart of whole signals, and one of each one's hops: their scales have nothing in common."""
    plans = [("latency", figures.wholes(result), "seconds since the last response")]
    plans += [
        (f"way:{way.signal}", figures.hop_rows(way), "seconds since its event")
        for way in result.waterfalls
    ]
    return [_bars(name, rows[:MOST_ROWS], title) for name, rows, title in plans if rows]


def _bars(name: str, rows: list[Row], title: str) -> Plan:
    label = ", ".join(f"{row['name']} {row['label']}" for row in rows)
    return name, lambda: charts.spans(rows, title), f"How long it took: {label}"


def _budgets(result: RunResult) -> list[Plan]:
    """A chart for each group of figures with a bound: overhead, resources, and so on."""
    bounded = [one for one in figures.others(result) if one.budget and one.budget > 0]
    groups = dict.fromkeys(map(group_of, bounded))
    return [_budget(group, [o for o in bounded if group_of(o) == group]) for group in groups]


def group_of(one: Measurement) -> str:
    """What a figure is about: its name's first part."""
    return one.name.partition(".")[0]


def _budget(group: str, found: list[Measurement]) -> Plan:
    found = found[:MOST_ROWS]
    names = [short(one.name.partition(".")[2] or one.name) for one in found]
    label = f"{group}: figures against their bounds, as in the table"
    return f"budget:{group}", lambda: charts.budgets(found, names), label


def _boards(result: RunResult) -> list[Plan]:
    """A picture of each dashboard of which a run kept what its panels showed."""
    found = [one for one in result.coverage.get("by", ()) if one.get("each")]
    return [_board(one["dashboard"], one["each"][:MOST_ROWS]) for one in found]


def _board(uid: str, each: list[Mapping[str, Any]]) -> Plan:
    told = "; ".join(f"{short(str(one['panel']))}: {one['state']}" for one in each)
    return f"board:{uid}", lambda: boards.board(each), f"Panels of {short(uid)}. {told}"
