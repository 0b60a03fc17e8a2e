"""What the charts show, as Vega-Lite specifications: data in, a specification out.

No chart tells anything by colour alone: states differ in height, kinds stand in rows of their
own, and what is over its bound says so in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from smokestack.report.html.words import amount, short
from smokestack.results import LoadInfo, Measurement, SeenOverTime, Timeline

Chart = dict[str, Any]

WIDTH = 800
ROW = 26
HEIGHTS = {"inactive": 3, "pending": 10, "firing": 20}
"""Height of a state's bar, in pixels; anything else is as high as pending."""
COLOURS = {"inactive": "var(--quiet)", "pending": "var(--amber)", "firing": "var(--red)"}
KINDS = ("answered below 400", "client error, 4xx", "server error, 5xx", "no answer")
KIND_COLOURS = ("var(--accent)", "var(--amber)", "var(--red)", "var(--skipped)")
SEEN_BY: Mapping[str, Chart] = {
    "prometheus": {"type": "line", "interpolate": "step", "color": "var(--text)",
                   "strokeWidth": 1.2, "clip": True},
    "loki": {"type": "point", "shape": "circle", "size": 16, "color": "var(--text)",
             "strokeWidth": 1.2, "clip": True},
}  # fmt: skip
"""Who saw them -> how that is drawn: a line, and circles."""
SHORT_NUMBER = "format(datum.value, abs(datum.value) < 1000 ? '.3~g' : '.3~s')"
"""Labels of an axis: 0, 0.05, 20k."""
WIDER = 1.7
"""Pixels a character that a browser's own font may take beyond what the library reckons with."""
WIDEST = 1.5
"""A bar ends at so many times its bound; its label has the figure."""


def _x(title: str, most: float, **more: Any) -> Chart:
    scale = {"domain": [0, most], "nice": False}
    axis = {"title": title, "tickCount": 8, "grid": True}
    return {"type": "quantitative", "scale": scale, "axis": axis, **more}


def _padding(left: Sequence[str], right: Sequence[str] = ()) -> Chart:
    """Room for names and labels in any font."""
    most = [max(map(len, texts), default=0) * WIDER for texts in (left, right)]
    return {"left": 4 + most[0], "right": 8 + most[1], "top": 4, "bottom": 4}


def _names(order: Sequence[str]) -> Chart:
    return {"field": "name", "type": "nominal", "sort": list(order), "title": None}


def kind_of(status: int | None) -> str:
    """Which of KINDS a status is."""
    if status is None:
        return KINDS[3]
    return KINDS[0] if status < 400 else KINDS[1] if status < 500 else KINDS[2]


def sent(loads: Sequence[LoadInfo], began: float) -> list[Chart]:
    """Rows of requests by kind: {kind, start, end, rate}; times since the run began."""
    totals: dict[tuple[str, float, float], int] = {}
    for load in loads:
        for by in load.over_time.by if load.over_time else ():
            step = load.over_time.step_s if load.over_time else 1.0
            for index, count in enumerate(by.counts):
                start = round(load.started_at - began) + index * step
                key = (kind_of(by.status), start, start + step)
                totals[key] = totals.get(key, 0) + count
    return [
        {"kind": kind, "start": start, "end": end, "rate": count / (end - start), "count": count}
        for (kind, start, end), count in sorted(totals.items())
        if count
    ]


def seen(found: Sequence[SeenOverTime], began: float) -> list[Chart]:
    """Rows of what servers saw, by kind: {server, kind, at, rate}; `at` is a step's middle."""
    totals: dict[tuple[str, str, float], float] = {}
    for one in found:
        step = one.over_time.step_s
        for by in one.over_time.by:
            for index, count in enumerate(by.counts):
                at = one.started_at - began + (index + 0.5) * step
                key = (one.server, kind_of(by.status), at)
                totals[key] = totals.get(key, 0) + count / step
    return [
        {"server": server, "kind": kind, "at": at, "rate": rate}
        for (server, kind, at), rate in sorted(totals.items())
    ]


def traffic(
    rows: Sequence[Chart],
    alerts: Sequence[Timeline],
    began: float,
    found: Sequence[SeenOverTime] = (),
) -> Chart:
    """Requests per second, a row for each kind, above the alerts on the same axis; over what was
    sent, what servers saw of it.
    """
    looks = seen(found, began)
    lanes = [lane for one in alerts if one.started_at is not None for lane in
             _lanes(one, one.started_at - began) if lane["state"] != "inactive"]  # fmt: skip
    most = max([row["end"] for row in rows] + [lane["end"] for lane in lanes], default=1.0)
    kinds = [kind for kind in KINDS if any(row["kind"] == kind for row in rows)]
    views = [
        _kind(kind, [*rows, *looks], most, last=not lanes and kind == kinds[-1]) for kind in kinds
    ]
    if lanes:
        views.append(_states(lanes, "seconds since the run began", 0.0, most))
    padding = _padding([lane["name"] for lane in lanes])
    return {"vconcat": views, "spacing": 18, "bounds": "full", "padding": padding}


def _kind(kind: str, rows: Sequence[Chart], most: float, *, last: bool) -> Chart:
    x = _x("seconds since the run began" if last else "", most, field="start")
    if not last:
        x["axis"] = {"labels": False, "ticks": False, "title": None, "grid": True, "tickCount": 8}
    y = {"field": "rate", "type": "quantitative", "title": None,
         "axis": {"tickCount": 3, "grid": True, "labelExpr": SHORT_NUMBER}}  # fmt: skip
    of_kind = [row for row in rows if row["kind"] == kind]
    return {
        "width": WIDTH,
        "height": 76,
        "title": {"text": f"{kind}, per second", "anchor": "start", "frame": "group",
                  "fontSize": 12, "fontWeight": "normal", "color": "var(--text)", "offset": 4},
        "layer": [
            {"data": {"values": [one for one in of_kind if "end" in one]},
             "mark": {"type": "rect", "color": KIND_COLOURS[KINDS.index(kind)]},
             "encoding": {"x": x, "x2": {"field": "end"}, "y": y, "y2": {"datum": 0}}},
            *(
                {"data": {"values": [one for one in of_kind if one.get("server") == server]},
                 "mark": mark, "encoding": {"x": {**x, "field": "at"}, "y": y}}
                for server, mark in SEEN_BY.items()
            ),
        ],
    }  # fmt: skip


def _lanes(timeline: Timeline, offset: float = 0.0) -> list[Chart]:
    """The states of one alert as bars: {name, state, start, end, height}."""
    moments = [at for at, _ in (*timeline.events, *timeline.marks)]
    end = max(moments, default=0.0)
    changes = [*timeline.events, (end, "")]
    return [
        {"name": short(timeline.name, 34), "state": state, "start": max(start, 0) + offset,
         "end": max(stop, 0) + offset}
        for (start, state), (stop, _) in pairwise(changes)
        if stop > 0
    ]  # fmt: skip


def _states(lanes: Sequence[Chart], title: str, least: float, most: float) -> Chart:
    order = list(dict.fromkeys(lane["name"] for lane in lanes))
    x = _x(title, most, field="start")
    x["scale"]["domain"] = [least, most]
    layers = [
        {
            "transform": [{"filter": {"field": "state", "equal": state}}],
            "mark": {"type": "bar", "height": HEIGHTS.get(state, 10),
                     "color": COLOURS.get(state, "var(--accent)")},
            "encoding": {"x": x, "x2": {"field": "end"}, "y": _names(order)},
        }
        for state in dict.fromkeys(lane["state"] for lane in lanes)
    ]  # fmt: skip
    return {"width": WIDTH, "height": {"step": ROW}, "data": {"values": list(lanes)},
            "layer": layers}  # fmt: skip


def states(timelines: Sequence[Timeline]) -> Chart:
    """Each alert's states since it was held below its threshold, with who was told when."""
    lanes = [lane for one in timelines for lane in _lanes(one)]
    order = list(dict.fromkeys(lane["name"] for lane in lanes))
    most = max((lane["end"] for lane in lanes), default=1.0) * 1.02
    chart = _states(lanes, "seconds since the alert was first held below its threshold", 0, most)
    told = [
        {"name": short(one.name, 34), "at": at, "told": mark.split()[1]}
        for one in timelines
        for at, mark in one.marks
        if mark.startswith("told ")
    ]
    done = [
        {"name": short(one.name, 34), "at": at}
        for one in timelines
        for at, mark in one.marks
        if not mark.startswith("told ") and at > 0
    ]
    x = _x("", most, field="at")
    del x["axis"]
    chart["padding"] = _padding(order)
    chart["layer"] += [
        {"data": {"values": done},
         "mark": {"type": "tick", "thickness": 1.5, "size": 22, "color": "var(--text)"},
         "encoding": {"x": x, "y": _names(order)}},
        *(
            {"data": {"values": [one for one in told if one["told"] == status]},
             "mark": {"type": "point", "shape": shape, "size": 70, "filled": filled,
                      "fill": "var(--text)" if filled else "var(--surface)",
                      "stroke": "var(--text)", "strokeWidth": 1.5, "opacity": 1},
             "encoding": {"x": x, "y": _names(order)}}
            for status, shape, filled in (("firing", "triangle-up", True),
                                          ("resolved", "triangle-down", False))
        ),
    ]  # fmt: skip
    return chart


def spans(rows: Sequence[Mapping[str, Any]], title: str) -> Chart:
    """A waterfall: {name, start, half, end, label, whole} in seconds, in this order."""
    order = [row["name"] for row in rows]
    ends = [row["end"] for row in rows]
    most = max(ends, default=1.0) * 1.25 or 1.0
    bar: Chart = {"type": "bar", "height": 14, "cornerRadius": 2}
    y = _names(order)
    x = _x(title, most, field="start")
    return {
        "width": WIDTH,
        "padding": _padding(order, [row["label"] for row in rows]),
        "height": {"step": ROW},
        "data": {"values": list(rows)},
        "layer": [
            {"transform": [{"filter": "datum.whole"}], "mark": {**bar, "color": "var(--accent)"},
             "encoding": {"x": x, "x2": {"field": "end"}, "y": y}},
            {"transform": [{"filter": "!datum.whole"}],
             "mark": {**bar, "height": 5, "color": "var(--accent-soft)"},
             "encoding": {"x": x, "x2": {"field": "end"}, "y": y}},
            {"transform": [{"filter": "!datum.whole"}],
             "mark": {**bar, "height": 10, "color": "var(--accent)"},
             "encoding": {"x": x, "x2": {"field": "half"}, "y": y}},
            {"mark": {"type": "text", "align": "left", "dx": 6},
             "encoding": {"x": {**x, "field": "end"}, "y": y, "text": {"field": "label"}}},
        ],
    }  # fmt: skip


def budgets(measured: Sequence[Measurement], names: Sequence[str]) -> Chart:
    """Each figure as a share of its bound, whatever the unit, with its interval as a line."""
    rows = [_share(one, name) for one, name in zip(measured, names, strict=True) if one.budget]
    order = [row["name"] for row in rows]
    x = _x("share of its bound", WIDEST, field="share")
    x["axis"] |= {"format": "%", "tickCount": 6}
    y = _names(order)
    text = {"type": "text", "align": "left", "dx": 6}
    return {
        "width": WIDTH - 160,
        "padding": _padding(order, [row["label"] for row in rows]),
        "height": {"step": ROW},
        "data": {"values": rows},
        "layer": [
            *(
                {"transform": [{"filter": "datum.over" if over else "!datum.over"}],
                 "mark": {"type": "bar", "height": 14, "color": f"var(--{colour})"},
                 "encoding": {"x": x, "y": y}}
                for over, colour in ((False, "accent"), (True, "red"))
            ),
            {"transform": [{"filter": "isValid(datum.low)"}],
             "mark": {"type": "rule", "strokeWidth": 2, "color": "var(--text)"},
             "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y}},
            {"data": {"values": [{"one": 1}]},
             "mark": {"type": "rule", "strokeWidth": 1.5, "strokeDash": [4, 3],
                      "color": "var(--text)"},
             "encoding": {"x": {"datum": 1}}},
            {"mark": text, "encoding": {"x": {"datum": WIDEST}, "y": y,
                                        "text": {"field": "label"}}},
        ],
    }  # fmt: skip


def _share(one: Measurement, name: str) -> Chart:
    bound = one.budget or 1.0
    ends = [min(max(end / bound, 0), WIDEST) for end in one.interval] if one.interval else None
    over = one.figure > bound
    label = f"{amount(one.figure, one.unit)} of {amount(bound, one.unit)}{': over' if over else ''}"
    share = min(max(one.figure / bound, 0), WIDEST)
    row = {"name": name, "share": share, "over": over, "label": short(label, 60)}
    return row | ({"low": ends[0], "high": ends[1]} if ends else {})
