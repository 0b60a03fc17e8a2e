"""The sample application's spans, as a collector receives them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smokestack.wait import until
from tests.unit.app_processes import Pair, Span, pair

TRACE = "0af7651916cd43dd8448eb211c8031%02x"
PARENT = "b7ad6b7169203331"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both services, for all tests of this module."""
    with pair(tmp_path_factory.mktemp("app"), APP_ENVIRONMENT="ci") as running:
        yield running


def _spans(app: Pair, trace_id: str, at_least: int) -> list[Span]:
    seen = until(
        lambda: app.sink.of_trace(trace_id), lambda spans: len(spans) >= at_least, within_s=10
    )
    assert seen.value
    return seen.value


def test_one_trace_crosses_both_services(app: Pair) -> None:
    """A request to a proxied route is one chain from our parent to the statement in SQLite."""
    trace_id = TRACE % 1
    headers = {
        "traceparent": f"00-{trace_id}-{PARENT}-01",
        "baggage": "smokestack.run_id=run-7,other=x",
        "x-correlation-id": "corr-1",
    }
    assert app.client.get("/api/v1/orders/5", headers=headers).status_code == 200
    spans = _spans(app, trace_id, 5)
    chain = []
    parent = PARENT
    while following := [span for span in spans if span.parent_id == parent]:
        (span,) = following
        chain.append((span.service, span.kind, span.name))
        parent = span.span_id
    assert chain == [
        ("gateway", "SERVER", "GET /api/v1/orders/{order_id}"),
        ("gateway", "CLIENT", "GET"),
        ("backend", "SERVER", "GET /api/v1/orders/{order_id}"),
        ("backend", "INTERNAL", "orders.get"),
        ("backend", "CLIENT", "SELECT"),
    ]
    assert len(spans) == 5
    for span in spans:
        assert span.attributes["correlation_id"] == "corr-1"
        assert span.attributes["smokestack.run_id"] == "run-7"
        assert "other" not in span.attributes


def test_server_spans_have_route_method_and_status(app: Pair) -> None:
    """The server spans of both services say the same as their access events."""
    trace_id = TRACE % 2
    headers = {"traceparent": f"00-{trace_id}-{PARENT}-01"}
    app.client.get("/api/v1/orders/5", headers=headers)
    servers = {s.service: s for s in _spans(app, trace_id, 5) if s.kind == "SERVER"}
    for one in (app.gateway, app.backend):
        line, span = one.requests()[-1], servers[one.log_dir.name]
        assert (line["trace_id"], line["span_id"]) == (span.trace_id, span.span_id)
        assert span.attributes["http.route"] == line["route"]
        assert span.attributes["http.method"] == line["method"]
        assert span.attributes["http.status_code"] == line["status"]


def test_the_resource_names_the_service(app: Pair) -> None:
    """Each service names itself, its version, its instance and its environment."""
    app.client.get("/api/v1/orders", headers={"traceparent": f"00-{TRACE % 3}-{PARENT}-01"})
    resources = {span.service: span.resource for span in _spans(app, TRACE % 3, 5)}
    assert resources.keys() == {"gateway", "backend"}
    for resource in resources.values():
        assert resource["deployment.environment.name"] == "ci"
        assert resource["service.version"]
    assert len({resource["service.instance.id"] for resource in resources.values()}) == 2


def test_an_exception_marks_its_span(app: Pair) -> None:
    """The error endpoint's span has error status and carries the exception."""
    headers = {"traceparent": f"00-{TRACE % 4}-{PARENT}-01"}
    app.client.post("/api/v1/test/error", headers=headers)
    (span,) = _spans(app, TRACE % 4, 1)
    assert span.status == "ERROR"
    assert span.events == ("exception",)
    assert span.attributes["http.status_code"] == 500


def test_health_is_traced_and_operators_routes_are_not(app: Pair) -> None:
    """A health request makes one span; /metrics and /-/ready make none, even if a caller asks."""
    for number, path in ((5, "/metrics"), (6, "/-/ready"), (7, "/api/v1/health")):
        app.client.get(path, headers={"traceparent": f"00-{TRACE % number}-{PARENT}-01"})
    assert len(_spans(app, TRACE % 7, 1)) == 1
    assert not app.sink.of_trace(TRACE % 5)
    assert not app.sink.of_trace(TRACE % 6)


def test_an_unsampled_request_makes_no_spans_and_no_exemplar(app: Pair) -> None:
    """The caller's decision not to sample holds in both services."""
    headers = {"traceparent": f"00-{TRACE % 8}-{PARENT}-00"}
    app.client.get("/api/v1/dbStats", headers=headers)
    app.client.get("/api/v1/ping", headers={"traceparent": f"00-{TRACE % 9}-{PARENT}-01"})
    assert _spans(app, TRACE % 9, 1)
    assert not app.sink.of_trace(TRACE % 8)
    accept = {"accept": "application/openmetrics-text;version=1.0.0"}
    assert TRACE % 8 not in app.client.get("/metrics", headers=accept).text
