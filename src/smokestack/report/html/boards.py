"""Small pictures of dashboards: what each panel showed when its queries were asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from smokestack.report.html.charts import SHORT_NUMBER, Chart
from smokestack.report.html.words import number, short

WIDE, HIGH = 37, 9.5
"""Pixels of one of the 24 columns of Grafana's grid, and of one of its rows."""
BESIDE, BELOW = 34, 22
"""Pixels between panels: room for the figures at an axis, and for a title."""
LEAST = 26
COLUMNS = 4
"""Panels side by side of a dashboard that does not say where they stand."""

Panel = Mapping[str, Any]


def board(each: Sequence[Panel]) -> Chart:
    """A dashboard's panels where they stand, small, with what they showed: lines, a number, or why
    there is nothing to draw.
    """
    placed = each if all(one.get("at") for one in each) else _in_rows(each)
    bands = [_beside([_below(column) for column in _columns(band)]) for band in _bands(placed)]
    return {"vconcat": bands, "spacing": BELOW, "padding": 4}


def _in_rows(each: Sequence[Panel]) -> list[Panel]:
    width = 24 // COLUMNS
    return [
        {**one, "at": {"x": n % COLUMNS * width, "y": n // COLUMNS * 8, "w": width, "h": 8}}
        for n, one in enumerate(each)
    ]


def _bands(each: Sequence[Panel]) -> Iterator[list[Panel]]:
    """Panels that stand beside each other: a new band begins below all of the last one."""
    band: list[Panel] = []
    for one in sorted(each, key=lambda one: (one["at"]["y"], one["at"]["x"])):
        if band and one["at"]["y"] >= max(a["at"]["y"] + a["at"]["h"] for a in band):
            yield band
            band = []
        band.append(one)
    if band:
        yield band


def _columns(band: Sequence[Panel]) -> list[list[Panel]]:
    """Those of a band that stand below each other, from left to right."""
    by_x: dict[int, list[Panel]] = {}
    for one in band:
        by_x.setdefault(one["at"]["x"], []).append(one)
    return [by_x[x] for x in sorted(by_x)]


def _beside(columns: list[Chart]) -> Chart:
    return {"hconcat": columns, "spacing": BESIDE, "bounds": "flush"}


def _below(column: Sequence[Panel]) -> Chart:
    cells = [_cell(one) for one in column]
    return cells[0] if len(cells) == 1 else {"vconcat": cells, "spacing": BELOW, "bounds": "flush"}


def _cell(one: Panel) -> Chart:
    width = max(LEAST, one["at"]["w"] * WIDE - BESIDE)
    height = max(LEAST, one["at"]["h"] * HIGH - BELOW)
    rows = [{"at": at, "value": value, "series": n}
            for n, series in enumerate(one["series"]) for at, value in series]  # fmt: skip
    title = {"text": short(str(one["panel"]), max(8, width // 6)), "anchor": "start",
             "frame": "group", "fontSize": 11, "fontWeight": "normal", "color": "var(--text)",
             "offset": 5}  # fmt: skip
    frame = {"width": width, "height": height, "title": title, "view": {"fill": "var(--sunken)"}}
    if any(row["at"] > 0 for row in rows):
        return {**frame, **_lines(rows)}
    text = {"type": "text", "fontSize": 12 if not rows else 18, "color": "var(--text)"}
    return {**frame, "data": {"values": [{"told": _told(one, rows)}]}, "mark": text,
            "encoding": {"text": {"field": "told"}}}  # fmt: skip


def _lines(rows: Sequence[Chart]) -> Chart:
    least, most = min(row["value"] for row in rows), max(row["value"] for row in rows)
    ends = [least - 1, most + 1] if least == most else [min(least, 0), most]
    axis = {
        "tickCount": 2,
        "labelFontSize": 9,
        "grid": False,
        "labelPadding": 3,
        "labelExpr": SHORT_NUMBER,
    }
    return {
        "data": {"values": list(rows)},
        "mark": {"type": "line", "strokeWidth": 1.5, "color": "var(--accent)", "opacity": 0.9},
        "encoding": {
            "x": {"field": "at", "type": "quantitative", "axis": None},
            "y": {"field": "value", "type": "quantitative", "title": None, "axis": axis,
                  "scale": {"domain": ends, "nice": False}},
            "detail": {"field": "series", "type": "nominal"},
        },
    }  # fmt: skip


def _told(one: Panel, rows: Sequence[Chart]) -> str:
    """A panel without a line: its number or numbers, how much it has, or its state."""
    if rows:
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        return f"{number(rows[0]['value'])}{more}"
    return f"{one['data']:,} entries" if one["data"] else short(str(one["state"]), 24)
