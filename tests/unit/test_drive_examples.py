"""Example queries go out at the stack's pace; what they must count is asked beside them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from smokestack.clients import connect
from smokestack.drive.arrivals import Sent
from smokestack.drive.examples import Examples, counting
from smokestack.endpoints import Endpoint, Endpoints
from smokestack.judge.counters import ScrapeWindow
from smokestack.panels import ExampleSeen
from smokestack.system import Query
from tests.unit.judged import SYSTEM, ledger, request

PLAIN = httpx.Client
SENT = Sent("run-1", ("smoke", "steady"), ledger(request(1)))
WINDOW = ScrapeWindow("front", "front:1", 100.0, 200.0, 0, 9)
LOKI = {"of_method": "GET", "of_route": "/both", "of_status": "200", "service_name": "front"}


def query(server: str, text: str, **more: Any) -> Query:
    """A query of the documents."""
    return Query.model_validate({"name": "one", "server": server, "query": text, **more})


def seen(
    monkeypatch: pytest.MonkeyPatch, one: Query, window: ScrapeWindow = WINDOW
) -> tuple[ExampleSeen, list[httpx.URL]]:
    """What a query gives of servers whose values are moments, and what they were asked."""
    sent: list[httpx.URL] = []

    def answer(told: httpx.Request) -> httpx.Response:
        sent.append(told.url)
        at = float(told.url.params.get("time", 0))
        if told.url.path.endswith("query_range"):
            data: Any = {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "1"]]}]}
        else:
            metric = LOKI if told.url.host == "loki" else {}
            data = {"resultType": "vector", "result": [{"metric": metric, "value": [1, str(at)]}]}
        return httpx.Response(200, json={"status": "success", "data": data})

    monkeypatch.setattr(
        httpx, "Client", lambda **given: PLAIN(transport=httpx.MockTransport(answer))
    )
    roles = {role: Endpoint(role, f"http://{role}") for role in ("prometheus", "loki", "traces")}
    clients = connect(Endpoints(roles), SYSTEM)
    found = Examples(SYSTEM, clients, SENT, [window], 0.0, 60.0).seen([one], 1.0)
    return (found.value or {})["one"], sent


def test_ranges_are_divided_as_those_of_rules_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """LogQL stays: Loki has lines when they are written, not at intervals."""
    _, (url,) = seen(monkeypatch, query("prometheus", "rate(x[5m])"))
    assert url.params["query"] == "rate(x[5s])"
    _, (url,) = seen(monkeypatch, query("loki", 'rate({a="b"}[5m])'))
    assert url.params["query"] == 'rate({a="b"}[5m])'


def test_values_are_those_at_the_end_over_the_whole_range(monkeypatch: pytest.MonkeyPatch) -> None:
    """The traffic is over by then: a range that was divided would not hold it."""
    found, urls = seen(monkeypatch, query("prometheus", "max_over_time(x[5m])", at_least=1))
    assert urls[-1].params["query"] == "max_over_time(x[5m])"
    assert len(found.values) == 1


def test_a_counter_is_asked_around_the_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the opening and at the closing scrape."""
    found, urls = seen(monkeypatch, query("prometheus", "x", requests={}))
    assert [url.params.get("time") for url in urls[1:]] == ["100.000", "200.000"]
    assert found.grown == 100.0
    unscraped = ScrapeWindow("front", "front:1", None, 200.0, 0, 9)
    found, _ = seen(monkeypatch, query("prometheus", "x", requests={}), unscraped)
    assert "no successful scrape" in found.unknown


def test_lines_are_counted_by_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this run alone, and of one load where that is said."""
    found, _ = seen(monkeypatch, query("loki", '{a="b"}', requests={}))
    assert list(found.counted) == [("front", "GET", "/both", "200")]
    text = counting(SYSTEM, query("loki", '{a="b"} | json', requests={"load": "smoke"}), SENT, 60)
    assert text == (
        "sum by (service_name, of_method, of_route, of_status) (count_over_time("
        '{a="b"} | json |~ `run\\-1\\-smoke\\-` | json of_event="event", of_method="method", '
        'of_route="route", of_status="status" | of_event=`request` [60s]))'
    )
