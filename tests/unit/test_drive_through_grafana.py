"""The run's data, asked of a server and through Grafana: the same question, both answers kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest

from smokestack.clients import Clients, connect
from smokestack.drive import queries
from smokestack.drive.arrivals import Arrivals, Sent
from smokestack.drive.through_grafana import through_grafana
from smokestack.endpoints import Endpoint, Endpoints, basic_auth
from smokestack.errors import Unreachable
from smokestack.samples import Ledger, Reached
from smokestack.stack.passwords import grafana_admin
from smokestack.system import load_system
from tests.unit.judged import SYSTEM, ledger, request

ROOT = Path(__file__).parents[2]
LEDGER = ledger(request(1), request(2, "/error", status=500))
SENT = Sent("run-1", ("smoke",), LEDGER)
PROXY = "/api/datasources/proxy/uid/"
TRACE = {"data": [{"traceID": "1", "spans": [], "processes": {}}]}

Answers = Mapping[str, tuple[int, Any]]


def vector(value: str | None) -> tuple[int, Any]:
    """An instant query's answer: one value, or no series."""
    result = [] if value is None else [{"metric": {}, "value": [1.0, value]}]
    return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.fixture
def asked() -> list[httpx.Request]:
    """Every question that was sent."""
    return []


def stack(monkeypatch: pytest.MonkeyPatch, asked: list[httpx.Request], answers: Answers) -> Clients:
    """Clients of servers that answer: `host/path` -> status and JSON."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        status, told = answers[f"{request.url.host}{request.url.path}"]
        return httpx.Response(status, text=json.dumps(told))

    plain = httpx.Client
    monkeypatch.setattr(
        httpx, "Client", lambda **given: plain(transport=httpx.MockTransport(answer))
    )
    roles = {role: Endpoint(role, f"http://{role}") for role in ("prometheus", "loki", "grafana")}
    return connect(Endpoints({**roles, "traces": Endpoint("jaeger", "http://jaeger")}), SYSTEM)


def arrived() -> Arrivals:
    """Traffic of which nothing is waited for any more."""
    metrics: Future[Any] = Future()
    logs: Future[Any] = Future()
    metrics.set_result(None)
    logs.set_result(None)
    return Arrivals(SENT, metrics, logs, None)


def reach(clients: Clients, **sources: str) -> list[Reached]:
    """Ask for data sources: uid -> type."""
    return through_grafana(SYSTEM, clients, arrived()).reach(sources)


def test_both_are_asked_the_same(
    monkeypatch: pytest.MonkeyPatch, asked: list[httpx.Request]
) -> None:
    """One query each, at one moment; what either has is kept."""
    query = "/api/v1/query"
    answers = {
        f"prometheus{query}": vector("7"), f"grafana{PROXY}metrics{query}": vector("6"),
        f"loki/loki{query}": vector("9"), f"grafana{PROXY}lines/loki{query}": vector(None),
    }  # fmt: skip
    found = reach(stack(monkeypatch, asked, answers), metrics="prometheus", lines="loki")
    assert [(one.uid, one.what, one.directly, one.through) for one in found] == [
        ("metrics", "requests", 7.0, 6.0),
        ("lines", "lines", 9.0, None),
    ]
    assert len(asked) == 4
    for directly, through in (asked[:2], asked[2:]):
        assert directly.url.params == through.url.params
        assert "time" in directly.url.params
    assert "run\\-1\\-smoke" in asked[2].url.params["query"]


def test_a_trace_of_the_ledger_is_opened(
    monkeypatch: pytest.MonkeyPatch, asked: list[httpx.Request]
) -> None:
    """The first that the store has. One that Grafana does not find is None."""
    first, second = (f"/api/traces/{one.trace_id}" for one in LEDGER.requests)
    gone = 404, {"data": None}
    answers = {
        f"jaeger{first}": gone, f"jaeger{second}": (200, TRACE),
        f"grafana{PROXY}tempo{second}": gone,
    }  # fmt: skip
    [found] = reach(stack(monkeypatch, asked, answers), tempo="jaeger")
    assert (found.query, found.directly, found.through) == (
        f"trace {LEDGER.requests[1].trace_id}", 0.0, None,
    )  # fmt: skip


def test_a_store_without_any_of_them_is_not_asked_through_grafana(
    monkeypatch: pytest.MonkeyPatch, asked: list[httpx.Request]
) -> None:
    """There is nothing to compare with."""
    answers = {
        f"jaeger/api/traces/{one.trace_id}": (404, {"data": None}) for one in LEDGER.requests
    }
    [found] = reach(stack(monkeypatch, asked, answers), tempo="jaeger")
    assert (found.directly, found.through, found.error) == (None, None, "")


def test_what_grafana_says_instead_is_kept(
    monkeypatch: pytest.MonkeyPatch, asked: list[httpx.Request]
) -> None:
    """It cannot reach the server: that is about Grafana, not about our asking."""
    query = "/api/v1/query"
    answers = {f"prometheus{query}": vector("7"), f"grafana{PROXY}p{query}": (502, "")}
    [found] = reach(stack(monkeypatch, asked, answers), p="prometheus")
    assert (found.directly, found.through) == (7.0, None)
    assert "grafana (to p) answered GET /api/v1/query with status 502" in found.error


def test_a_grafana_that_does_not_answer_leaves_it_open() -> None:
    """Nobody listens: Unreachable is not caught."""
    nowhere = {role: Endpoint(role, "http://127.0.0.1:9") for role in ("prometheus", "loki")}
    clients = connect(Endpoints({**nowhere, "grafana": nowhere["loki"]}), SYSTEM, timeout_s=1.0)
    with pytest.raises(Unreachable):
        reach(clients, p="prometheus")
    clients.close()


def test_the_query_for_requests_is_sound() -> None:
    """Templates in braces are routes, not patterns."""
    system = load_system(ROOT, "reference")
    sent = ledger(request(1, "/api/v1/orders/{order_id}"), request(2, "/api/v1/ping"))
    query = queries.requests_counted(system, sent)
    assert promql_parser.parse(query)
    [quoted] = re.findall(r'route=~(".*?")', query)
    pattern = json.loads(quoted)
    assert re.fullmatch(pattern, "/api/v1/orders/{order_id}")
    assert not re.fullmatch(pattern, "/api/v1/health")
    assert queries.requests_counted(system, sent + Ledger(sent.requests)) == query


def test_the_admin_is_who_grafana_was_told() -> None:
    """By its environment, else by its defaults; a file that only its container has says nothing."""
    told = {"GF_SECURITY_ADMIN_USER": "root", "GF_SECURITY_ADMIN_PASSWORD": "s3cret-w0rd"}
    assert grafana_admin(told) == basic_auth("root", "s3cret-w0rd")
    assert grafana_admin({}) == basic_auth("admin", "admin")
    assert grafana_admin({"GF_SECURITY_ADMIN_PASSWORD": "$__file{/run/secrets/x}"}) == {}
