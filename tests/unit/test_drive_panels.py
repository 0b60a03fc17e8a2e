"""Queries of panels go out together, and what came back is counted as data or not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from smokestack.clients import Clients, connect
from smokestack.drive.panels import Panels
from smokestack.endpoints import Endpoint, Endpoints
from smokestack.panels import PanelAnswer, PanelQuery, Tally
from tests.unit.judged import SYSTEM

Answer = Callable[[httpx.Request], httpx.Response]
PLAIN = httpx.Client
SEARCH = {"traces": [{"traceID": "1"}, {"traceID": "2"}]}


def clients(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> Clients:
    """Clients of servers that answer so; the trace store is Tempo."""
    monkeypatch.setattr(
        httpx, "Client", lambda **given: PLAIN(transport=httpx.MockTransport(answer))
    )
    roles = {role: Endpoint(role, f"http://{role}") for role in ("prometheus", "loki")}
    return connect(Endpoints({**roles, "traces": Endpoint("tempo", "http://tempo")}), SYSTEM)


def query(text: str = "x", kind: str = "prometheus", **more: Any) -> PanelQuery:
    """A query that is ready to be sent."""
    return PanelQuery("one", Path("one.json"), 0, "P", "A", text, kind, kind, **more)


def matrix(*values: str, series: int = 1) -> dict[str, Any]:
    """A range query's answer: the same samples in each series."""
    samples = [[number, value] for number, value in enumerate(values)]
    result = [{"metric": {"n": str(n)}, "values": samples} for n in range(series)]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def asked(
    monkeypatch: pytest.MonkeyPatch, told: Any, one: PanelQuery, status: int = 200
) -> tuple[PanelAnswer, httpx.Request]:
    """What a query gives when its server answers so."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(status, text=told if isinstance(told, str) else json.dumps(told))

    found = Panels(clients(monkeypatch, answer), time.time() - 10).ask(one)
    return found, sent[0]


def test_numbers_are_data_and_nan_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is infinity: neither can be drawn."""
    told = matrix("NaN", "0", "+Inf", "1.5", series=2)
    found, request = asked(monkeypatch, told, query())
    assert found.found == Tally(2, 8, 4)
    assert request.url.path == "/api/v1/query_range"
    assert not asked(monkeypatch, matrix("NaN", "-Inf"), query())[0].has_data


def test_the_range_is_that_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with the run, or with the dashboard's own range if that is shorter."""
    for range_s, length in ((3600.0, 10.0), (4.0, 4.0)):
        _, request = asked(monkeypatch, matrix(), query(range_s=range_s))
        start, end = (float(request.url.params[name]) for name in ("start", "end"))
        assert end - start == pytest.approx(length, abs=0.5)
        assert end == pytest.approx(time.time(), abs=1)


def test_an_instant_query_is_asked_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prometheus' and Loki's."""
    vector = {"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "2"]}]}}
    for kind, path in (("prometheus", "/api/v1/query"), ("loki", "/loki/api/v1/query")):
        found, request = asked(monkeypatch, vector, query(kind=kind, instant=True))
        assert (request.url.path, found.found.data) == (path, 1)


def test_lines_are_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log query gives streams, a metric query of Loki's a matrix."""
    streams = [{"stream": {}, "values": [["1", "a"], ["2", "b"]]}, {"stream": {}, "values": []}]
    told = {"data": {"resultType": "streams", "result": streams}}
    found, request = asked(monkeypatch, told, query("{}", "loki"))
    assert (found.found.data, request.url.params["direction"]) == (2, "backward")
    assert asked(monkeypatch, matrix("3"), query("rate({}[1m])", "loki"))[0].found.data == 1


def test_traces_are_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is Tempo that runs."""
    found, request = asked(monkeypatch, SEARCH, query("{}", "tempo"))
    assert (found.found.data, request.url.params["q"]) == (2, "{}")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("prometheus", {"status": "error", "errorType": "bad_data", "error": "parse error"}),
        ("loki", "parse error"),
    ],
)
def test_what_a_server_refuses_is_in_its_words(
    monkeypatch: pytest.MonkeyPatch, kind: str, told: Any
) -> None:
    """Prometheus says it in JSON, Loki as text; that is no failure of the server."""
    found, _ = asked(monkeypatch, told, query(kind=kind), status=400)
    assert (found.refused, found.error) == ("parse error", "")


def test_a_server_that_fails_says_nothing_of_the_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not be asked."""
    found, _ = asked(monkeypatch, "overloaded", query(), status=503)
    assert "status 503" in found.error
    assert not found.refused


def test_what_is_empty_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that, and only as long as something may come."""
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        text = request.url.params["query"]
        sent.append(text)
        if text == "wrong":
            return httpx.Response(400, text="no")
        late = text == "late" and sent.count("late") < 2
        return httpx.Response(
            200, json=matrix(*(() if late or text in ("never", "excused") else ("1",)))
        )

    texts = ["at-once", "late", "never", "wrong"]
    queries = [*(query(text) for text in texts), query("excused", excused="quiet")]
    unasked = [query("x", wrong="is empty"), query("y", unasked="library panel")]
    waited = Panels(clients(monkeypatch, answer), 0).answers([*queries, *unasked], within_s=1.0)
    assert not waited.met
    assert [one.has_data for one in waited.value or ()] == [True, True, *[False] * 5]
    assert [sent.count(text) for text in ("at-once", "late", "wrong", "excused", "x", "y")] == [
        1, 2, 1, 1, 0, 0,
    ]  # fmt: skip
    # Once at the beginning and once at the end, however seldom in between.
    assert sent.count("never") >= 2
