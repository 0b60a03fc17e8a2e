"""The sample application under the names that ClientForge's documents give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from smokestack.wait import until
from tests.unit.app_processes import START_S, Service, service, span_sink

TRACED = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "x-tenant-id": "smoketest"}
HEALTH = {"method": "GET", "endpoint": "/api/v1/health", "status": "200"}
ERROR = {"method": "POST", "endpoint": "/api/v1/test/error", "status": "500"}


@pytest.fixture(scope="module")
def clientforge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, int]]:
    """One backend that got 25 health requests and an error, and how many spans it sent."""
    folder = tmp_path_factory.mktemp("clientforge")
    with ExitStack() as stack:
        sink = stack.enter_context(span_sink())
        env = {"APP_SYSTEM": "clientforge", "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url}
        running = stack.enter_context(service("monolith", folder, **env))
        assert until(running.ready, within_s=START_S).met, (folder / "monolith/output").read_text()
        with httpx.Client(base_url=running.url, headers=TRACED, trust_env=False) as client:
            for _ in range(25):
                assert client.get("/api/v1/health").status_code == 200
            assert client.get("/api/v1/orders/3").status_code == 200
            assert client.post("/api/v1/test/error").status_code == 500
            yield running, len(sink.spans)


def value(of: Service, name: str, **labels: str) -> float | None:
    """One sample of its /metrics."""
    text = httpx.get(f"{of.url}/metrics", trust_env=False).text
    found = [
        one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if one.name == name and one.labels == labels
    ]
    return found[0] if found else None


def test_requests_are_counted_under_its_labels(clientforge: tuple[Service, int]) -> None:
    """Method, endpoint and status; errors in a counter of their own; tenants in another."""
    app, _ = clientforge
    tenant = {"tenantId": "smoketest", "endpoint": "/api/v1/health"}
    assert value(app, "http_requests_total", **HEALTH) == 25
    assert value(app, "http_request_errors_total", **HEALTH) is None
    assert value(app, "http_request_errors_total", **ERROR) == 1
    assert value(app, "clientforge_tenant_requests_total", **tenant) == 25
    assert value(app, "clientforge_queue_depth", queue="orders") == 0
    assert value(app, "queue_depth", queue="orders") is None


def test_both_histograms_observe_the_same_in_their_own_unit(
    clientforge: tuple[Service, int],
) -> None:
    """A document in seconds and one in milliseconds: sum and buckets are a thousandfold."""
    app, _ = clientforge
    seconds, milliseconds = "http_request_duration_seconds", "http_request_duration_ms"
    assert value(app, f"{seconds}_count", **HEALTH) == 25
    assert value(app, f"{milliseconds}_count", **HEALTH) == 25
    in_seconds = value(app, f"{seconds}_sum", **HEALTH)
    assert in_seconds is not None
    assert value(app, f"{milliseconds}_sum", **HEALTH) == pytest.approx(in_seconds * 1000)
    for le, thousandfold in (("0.005", "5.0"), ("1.0", "1000.0")):
        few = value(app, f"{seconds}_bucket", le=le, **HEALTH)
        assert few == value(app, f"{milliseconds}_bucket", le=thousandfold, **HEALTH)
        assert few is not None


def test_open_connections_are_those_of_the_server(clientforge: tuple[Service, int]) -> None:
    """That of the client, which is kept, and that of the scrape."""
    app, _ = clientforge
    seen = until(lambda: value(app, "active_connections"), lambda open_: open_ == 2, within_s=5.0)
    assert seen.met, seen.value


def test_lines_have_its_field_names(clientforge: tuple[Service, int]) -> None:
    """As its example queries ask for them: path, tenantId, duration in milliseconds, level."""
    app, _ = clientforge
    health = [one for one in app.requests() if one["path"] == "/api/v1/health"]
    assert len(health) == 25
    line = health[0]
    assert (line["tenantId"], line["endpoint"]) == ("smoketest", "/api/v1/health")
    assert (line["level"], line["message"]) == ("info", "GET /api/v1/health 200")
    assert 0 < line["duration"] < 10_000
    assert {"requestId", "eventId", "seq", "timestamp"} <= line.keys()
    ours = {"route", "tenant", "duration_ms", "correlation_id", "event_id"}
    assert ours & line.keys() == set()


def test_the_error_is_in_both_files(clientforge: tuple[Service, int]) -> None:
    """error.log has errors alone, combined.log all."""
    app, _ = clientforge
    (line,) = app.lines("error.log")
    assert (line["level"], line["errorType"]) == ("error", "DeliberateError")
    assert line in app.lines()


def test_nothing_of_it_is_traced(clientforge: tuple[Service, int]) -> None:
    """No span is sent, and no line has a trace's id, though the client sent one."""
    app, spans = clientforge
    assert spans == 0
    assert all("trace_id" not in line for line in app.lines())


def test_tenants_cannot_make_series_without_end(tmp_path: Path) -> None:
    """Whoever calls chooses the tenant: beyond a hundred they share one series."""
    with service("monolith", tmp_path, APP_SYSTEM="clientforge") as app:
        assert until(app.ready, within_s=START_S).met
        with httpx.Client(base_url=app.url, trust_env=False) as client:
            for number in range(120):
                client.get("/api/v1/ping", headers={"x-tenant-id": f"t{number}"})
            client.get("/api/v1/ping")
        name, ping = "clientforge_tenant_requests_total", "/api/v1/ping"
        assert value(app, name, tenantId="t99", endpoint=ping) == 1
        assert value(app, name, tenantId="t100", endpoint=ping) is None
        assert value(app, name, tenantId="other", endpoint=ping) == 20
        assert value(app, name, tenantId="none", endpoint=ping) == 1
