"""Small pictures of dashboards: what each panel showed when its queries were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smokestack.report.html.charts import SHORT_NUMBER, Chart
from smokestack.report.html.words import number, short

COLUMNS = 4
"""Panels of a dashboard side by side."""


def board(each: Sequence[Mapping[str, Any]]) -> Chart:
    """A dashboard's panels side by side, small, with what they showed: lines, a number, or why
    there is nothing to draw.
    """
    cells = [_cell(one) for one in each]
    return {"concat": cells, "columns": COLUMNS, "spacing": {"row": 22, "column": 34},
            "padding": 4}  # fmt: skip


def _cell(one: Mapping[str, Any]) -> Chart:
    rows = [{"at": at, "value": value, "series": n}
            for n, series in enumerate(one["series"]) for at, value in series]  # fmt: skip
    title = {"text": short(str(one["panel"]), 30), "anchor": "start", "frame": "group",
             "fontSize": 11, "fontWeight": "normal", "color": "var(--text)",
             "offset": 5}  # fmt: skip
    frame = {"width": 188, "height": 54, "title": title, "view": {"fill": "var(--sunken)"}}
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


def _told(one: Mapping[str, Any], rows: Sequence[Chart]) -> str:
    """A panel without a line: its number or numbers, how much it has, or its state."""
    if rows:
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        return f"{number(rows[0]['value'])}{more}"
    return f"{one['data']:,} entries" if one["data"] else short(str(one["state"]), 24)
