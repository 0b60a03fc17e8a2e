"""The sample application as IntelliFlow's API: procedures, health, metrics scraped and pushed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from smokestack.wait import until
from tests.unit.app_processes import START_S, Service, SpanSink, samples, service, span_sink

LIST = "/api/trpc/orders.list"
BY_ID = "/api/trpc/orders.byId"


@dataclass(frozen=True)
class Api:
    """The running API, a client of it, and where its spans and pushes go."""

    service: Service
    client: httpx.Client
    sink: SpanSink

    def asked(self, path: str, given: object = None) -> httpx.Response:
        """A query with its input."""
        return self.client.get(path, params={"input": json.dumps(given)} if given else None)

    def pushed(self, name: str) -> Metric | None:
        """The latest push of one metric."""
        found = [
            metric
            for push in self.sink.pushes
            for resource in push.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
        ]
        return found[-1] if found else None


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One API for all tests of this module."""
    folder = tmp_path_factory.mktemp("intelliflow")
    with ExitStack() as stack:
        sink = stack.enter_context(span_sink())
        env = {
            "APP_SYSTEM": "intelliflow",
            "APP_FAULTS": "on",
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
            "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=intelliflow",
        }
        running = stack.enter_context(service("monolith", folder, **env))
        assert until(running.ready, within_s=START_S).met, (folder / "monolith/output").read_text()
        client = stack.enter_context(httpx.Client(base_url=running.url, trust_env=False))
        yield Api(running, client, sink)


def data_of(answer: httpx.Response) -> Any:
    """What is in tRPC's envelope."""
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]["data"]


def test_an_order_that_is_created_is_found(api: Api) -> None:
    """A mutation is a POST, a query a GET with its input as JSON."""
    order = {"customer": "ada", "item": "lamp", "quantity": 2}
    created = data_of(api.client.post("/api/trpc/orders.create", json=order))
    assert data_of(api.asked(BY_ID, {"id": created["id"]})) == created
    assert data_of(api.asked(LIST, {"limit": 1})) == [created]


@pytest.mark.parametrize(
    ("path", "given", "status", "code"),
    [
        (BY_ID, {"id": 10**9}, 404, "NOT_FOUND"),
        (BY_ID, None, 400, "BAD_REQUEST"),
        (LIST, {"limit": 1000}, 400, "BAD_REQUEST"),
        (LIST, "no object", 400, "BAD_REQUEST"),
    ],
)
def test_an_error_has_its_code(api: Api, path: str, given: object, status: int, code: str) -> None:
    """In tRPC's envelope, with the correlation id."""
    answer = api.asked(path, given)
    said = answer.json()["error"]["data"]
    assert (answer.status_code, said["httpStatus"], said["code"]) == (status, status, code)
    assert said["correlationId"] == answer.headers["X-Correlation-ID"]


def test_a_correlation_id_is_made_and_is_everywhere(api: Api) -> None:
    """A UUID v4 in the answer, its header, the line and every span."""
    answer = api.asked("/api/trpc/health.dbStats")
    made = answer.headers["X-Correlation-ID"]
    assert uuid.UUID(made).version == 4
    (line,) = [one for one in api.service.requests() if one["correlation_id"] == made]
    assert line["route"] == "/api/trpc/health.dbStats"
    spans = until(lambda: api.sink.of_trace(line["trace_id"]), lambda s: len(s) > 1, within_s=5.0)
    assert {span.attributes["correlation_id"] for span in spans.value or ()} == {made}


def test_health_knows_when_the_database_is_gone(api: Api) -> None:
    """Its file is really taken away: no new connection can be made, and then one can again."""
    assert data_of(api.asked("/api/trpc/health.check"))["status"] == "healthy"
    api.client.patch("/-/faults", json={"amounts": {"database_away": 1}}).raise_for_status()
    try:
        assert data_of(api.asked("/api/trpc/health.check"))["status"] == "degraded"
        assert api.asked("/api/trpc/health.ready").status_code == 503
        assert "prisma_database_up 0.0" in api.client.get("/metrics").text
    finally:
        api.client.patch("/-/faults", json={"amounts": {"database_away": None}})
    assert data_of(api.asked("/api/trpc/health.ready")) == {"status": "ready"}
    assert "prisma_database_up 1.0" in api.client.get("/metrics").text


def test_liveness_says_uptime_and_memory(api: Api) -> None:
    """And ping says no more than that it is there."""
    assert data_of(api.asked("/api/trpc/health.ping")) == {"status": "ok"}
    alive = data_of(api.asked("/api/trpc/health.alive"))
    assert alive["uptime"] > 0
    assert 10_000_000 < alive["memory"] < 2_000_000_000


def test_the_pool_is_measured(api: Api) -> None:
    """Connections that are held are active, and the others idle."""
    api.client.patch("/-/faults", json={"amounts": {"db_connections_held": 5}})
    text = api.client.get("/metrics").text
    api.client.patch("/-/faults", json={"amounts": None})
    assert "prisma_connection_pool_active 5.0" in text
    assert "prisma_connection_pool_idle 15.0" in text


def test_what_is_pushed_is_what_is_scraped(api: Api) -> None:
    """As cumulative sums and histograms under the same names and labels."""
    api.client.post("/api/trpc/test.error")
    wanted = samples(api.client.get("/metrics").text, "trpc_request_total")

    def pushed() -> dict[tuple[str, ...], float]:
        metric = api.pushed("trpc_request_total")
        points = metric.sum.data_points if metric else ()
        return {tuple(a.value.string_value for a in p.attributes): p.as_double or p.as_int
                for p in points}  # fmt: skip

    assert until(pushed, lambda seen: seen == wanted, within_s=5.0).met
    for name in ("trpc_request_total", "trpc_error_total"):
        counter = api.pushed(name)
        assert counter is not None
        assert counter.sum.is_monotonic
        cumulative = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
        assert counter.sum.aggregation_temporality == cumulative
    histogram = api.pushed("trpc_request_duration_ms")
    assert histogram is not None
    assert sum(one.count for one in histogram.histogram.data_points) == sum(wanted.values())
    assert 200.0 in histogram.histogram.data_points[0].explicit_bounds
    for name in ("process_uptime_seconds", "process_memory_bytes", "process_cpu_percent"):
        gauge = api.pushed(name)
        assert gauge is not None
        assert len(gauge.gauge.data_points) == 1


def test_a_stop_does_not_wait_for_a_collector_that_is_not_there(tmp_path: Path) -> None:
    """What cannot be pushed any more is given up."""
    env = {
        "APP_SYSTEM": "intelliflow",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_METRICS_EXPORTER": "otlp",
    }
    with service("monolith", tmp_path, **env) as running:
        assert until(running.ready, within_s=START_S).met
        assert running.stop() == 0
        assert running.lines()[-1]["event"] == "stopped"
        assert running.lines()[-1]["uptime_s"] < 30
