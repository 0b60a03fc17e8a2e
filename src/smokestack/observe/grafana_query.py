"""Grafana's own query API, by which its panels ask: a query goes through the plugin of its source.

`POST /api/ds/query` as Grafana's documentation has it (`data_source.md`, "Query a data source"),
and the fields that the plugins of Prometheus, Loki and Tempo read (`pkg/promlib/models/query.go`,
`pkg/tsdb/loki/kinds/dataquery`, `pkg/tsdb/tempo/kinds/dataquery`). An answer has data frames,
column by column; a query that failed has `error` and `status` in their place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from smokestack.errors import BadResponse, Refused
from smokestack.observe.edge import Edge
from smokestack.panels import PanelQuery, Tally

QUERY = "/api/ds/query"
REF = "A"
"""We send one query at a time: an answer is then all of one panel's query."""


class GrafanaQuery:
    """A client of the query API of one Grafana. Times are seconds since the epoch.

    Raises Unreachable; Refused where the panel would show an error in place of data, whatever it
    comes from; BadResponse where Grafana itself cannot answer.
    """

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def tally(
        self, query: PanelQuery, start: float, end: float, step_s: float, limit: int
    ) -> Tally:
        """How much a panel's query gives. Lines and traces are `limit` at most."""
        body = _body(query, start, end, step_s, limit)
        reply = self.edge.send("POST", QUERY, json=body)
        # A query that failed makes the status 400, 207 or 500, and says why in the same shape.
        try:
            told = reply.json()
        except ValueError:
            told = {}
        result = (told.get("results") or {}).get(REF) if isinstance(told, dict) else None
        if result is None and told and reply.status_code == 404:  # no such data source, or plugin
            self._show(str(told.get("message") or told))
        if result is None:
            self.edge.checked(reply, QUERY)
            raise BadResponse(f"{self.edge.server}: {QUERY} answered without results.{REF}")
        if said := result.get("error"):
            self._show(str(said))
        return self.edge.decoded(QUERY, result, tally_of_frames)

    def _show(self, said: str) -> NoReturn:
        """What stands in the panel in place of data."""
        raise Refused(f"{self.edge.server}: {QUERY}: {said}", said)

    def repeat(self, query: PanelQuery, start: float, end: float, step_s: float, limit: int) -> str:
        """A shell command that asks again. Who may ask is not in it."""
        return self.edge.repeat_json(QUERY, _body(query, start, end, step_s, limit))


def _body(
    query: PanelQuery, start: float, end: float, step_s: float, limit: int
) -> Mapping[str, Any]:
    one = {
        "refId": REF,
        "datasource": {"uid": query.source, "type": query.kind},
        "maxDataPoints": max(1, round((end - start) / step_s)),
        "intervalMs": max(1, round(1000 * step_s)),
        **_OF_KIND[query.kind](query, limit),
    }
    return {"from": str(int(1000 * start)), "to": str(math.ceil(1000 * end)), "queries": [one]}


def _prometheus(query: PanelQuery, _: int) -> Mapping[str, Any]:
    return {
        "expr": query.text,
        "instant": query.instant,
        "range": not query.instant,
        "format": "time_series",
    }


def _loki(query: PanelQuery, limit: int) -> Mapping[str, Any]:
    kind = "instant" if query.instant else "range"
    return {"expr": query.text, "queryType": kind, "maxLines": limit}


def _tempo(query: PanelQuery, limit: int) -> Mapping[str, Any]:
    return {"query": query.text, "queryType": "traceql", "tableType": "traces", "limit": limit}


_OF_KIND = {"prometheus": _prometheus, "loki": _loki, "tempo": _tempo}


def tally_of_frames(result: Mapping[str, Any]) -> Tally:
    """Frames are series; their rows samples. Rows of frames without numbers are lines or traces."""
    frames = [_tally(frame) for frame in result.get("frames") or ()]
    return Tally(
        sum(frame.series for frame in frames),
        sum(frame.samples for frame in frames),
        sum(frame.data for frame in frames),
    )


def _tally(frame: Mapping[str, Any]) -> Tally:
    columns: Sequence[Sequence[Any]] = frame.get("data", {}).get("values") or ()
    rows = max(map(len, columns), default=0)
    if not rows:
        return Tally()
    types = [field.get("type") for field in frame["schema"]["fields"]]
    numbers = [column for column, kind in zip(columns, types, strict=False) if kind == "number"]
    if not numbers or "string" in types:
        return Tally(1, rows, rows)
    # NaN and infinity are not JSON: a frame has null in their place, and lists them in `entities`.
    return Tally(1, rows, sum(value is not None for column in numbers for value in column))
