"""Grafana's query API, at the transport: what is asked, and what an answer has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from smokestack.endpoints import Endpoint, basic_auth
from smokestack.errors import BadResponse, Refused
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.grafana_query import GrafanaQuery
from smokestack.panels import PanelQuery, Tally

# As Grafana's documentation shows it ("Query a data source").
FRAME = {
    "schema": {
        "refId": "A",
        "fields": [
            {"name": "time", "type": "time", "typeInfo": {"frame": "time.Time"}},
            {"name": "A-series", "type": "number", "typeInfo": {"frame": "int64"}},
        ],
    },
    "data": {"values": [[1644488152084, 1644488212084, 1644488272084], [1, None, 90]]},
}
LINES = {
    "schema": {"fields": [{"name": "Time", "type": "time"}, {"name": "Line", "type": "string"}]},
    "data": {"values": [[1, 2], ["first", "second"]]},
}
EMPTY: dict[str, Any] = {"schema": {"fields": []}, "data": {"values": []}}


def query(kind: str = "prometheus", **more: Any) -> PanelQuery:
    """A panel's query."""
    return PanelQuery("uid", Path("d.json"), 1, "Rate", "A", "up", kind, kind, **more)


class Asked:
    """A Grafana that answers one thing, and keeps what it was asked."""

    def __init__(self, status: int, told: Any) -> None:
        self.bodies: list[Any] = []
        self._answer = httpx.Response(
            status, text=told if isinstance(told, str) else json.dumps(told)
        )
        endpoint = Endpoint("grafana", "http://grafana", basic_auth("admin", "secret-of-this-test"))
        transport = httpx.MockTransport(self._take)
        self.client = GrafanaQuery(Edge(endpoint, calls=CallLog(), transport=transport))

    def _take(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/api/ds/query")
        self.bodies.append(json.loads(request.content))
        return self._answer

    def tally(self, one: PanelQuery) -> Tally:
        """Ask it from 100 to 160 s, every 2 s."""
        return self.client.tally(one, 100.0, 160.0, 2.0, 10)


@pytest.mark.parametrize(
    ("one", "fields"),
    [
        (query(), {"expr": "up", "instant": False, "range": True, "format": "time_series"}),
        (query(instant=True), {"expr": "up", "instant": True, "range": False}),
        (query("loki"), {"expr": "up", "queryType": "range", "maxLines": 10}),
        (query("loki", instant=True), {"expr": "up", "queryType": "instant"}),
        (query("tempo"), {"query": "up", "queryType": "traceql", "limit": 10}),
    ],
)
def test_what_is_asked(one: PanelQuery, fields: dict[str, Any]) -> None:
    """Times in milliseconds, as text; the source by its uid; what its plugin reads."""
    grafana = Asked(200, {"results": {"A": {"frames": []}}})
    assert grafana.tally(one) == Tally()
    body = grafana.bodies[0]
    assert (body["from"], body["to"]) == ("100000", "160000")
    (sent,) = body["queries"]
    assert sent["datasource"] == {"uid": one.kind, "type": one.kind}
    assert (sent["refId"], sent["intervalMs"], sent["maxDataPoints"]) == ("A", 2000, 30)
    assert fields.items() <= sent.items()


def test_what_an_answer_has() -> None:
    """Numbers that are there, and lines; a frame without rows is no series."""
    told = {"results": {"A": {"status": 200, "frames": [FRAME, LINES, EMPTY]}}}
    assert Asked(200, told).tally(query()) == Tally(series=2, samples=5, data=4)


@pytest.mark.parametrize("status", [200, 207, 400, 500])
def test_a_query_that_failed_is_what_the_panel_shows(status: int) -> None:
    """In the plugin's words, whatever the status of the answer."""
    told = {"results": {"A": {"error": "bad_data: parse error", "status": 400}}}
    with pytest.raises(Refused) as refused:
        Asked(status, told).tally(query())
    assert refused.value.said == "bad_data: parse error"


def test_a_plugin_that_is_not_there() -> None:
    """A panel then shows that."""
    told = {"message": "Plugin not registered", "messageId": "plugin.notRegistered"}
    with pytest.raises(Refused) as refused:
        Asked(404, told).tally(query())
    assert refused.value.said == "Plugin not registered"


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, {"message": "Unauthorized"}), (200, {"results": {}}), (200, []), (502, "<html>")],
)
def test_what_says_nothing_of_the_panel(status: int, told: Any) -> None:
    """We may not ask, or it is no Grafana: not refused, but not to be told either."""
    with pytest.raises(BadResponse) as error:
        Asked(status, told).tally(query())
    assert not isinstance(error.value, Refused)


def test_frames_of_another_shape() -> None:
    """They are not taken for empty ones."""
    told = {"results": {"A": {"frames": [{"data": {"values": [[1]]}}]}}}
    with pytest.raises(BadResponse, match="shape"):
        Asked(200, told).tally(query())


def test_how_to_ask_again() -> None:
    """Without the password."""
    repeat = Asked(200, {}).client.repeat(query(), 100.0, 160.0, 2.0, 10)
    assert repeat.startswith("curl -s http://grafana/api/ds/query")
    assert '"expr": "up"' in repeat
    assert "secret-of-this-test" not in repeat
