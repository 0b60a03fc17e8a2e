"""The sample application counts and logs each request exactly once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.unit.app_processes import Pair, pair, samples

Counts = Counter[tuple[str, str, str]]
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both services, for all tests of this module."""
    with pair(tmp_path_factory.mktemp("app")) as running:
        yield running


def test_concurrent_requests_are_counted_exactly(app: Pair) -> None:
    """500 requests over 50 threads: counter, histogram and access events agree with the answers."""
    before = {one.url: _counts(app, one.url) for one in (app.gateway, app.backend)}
    logged = len(app.gateway.requests()), len(app.backend.requests())
    paths = ["/api/v1/health", "/api/v1/ping", "/api/v1/orders", "/api/v1/orders/7", "/nope"]
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda n: app.client.get(paths[n % 5]), range(500)))
    routes = {"/api/v1/orders/7": "/api/v1/orders/{order_id}", "/nope": "unmatched"}
    sent = Counter(("GET", routes.get(a.url.path, a.url.path), str(a.status_code)) for a in answers)
    proxied = Counter({key: n for key, n in sent.items() if "orders" in key[1]})
    assert sorted(sent.values()) == [100] * 5
    for one, expected, seen in zip(
        (app.gateway, app.backend), (sent, proxied), logged, strict=True
    ):
        counted, observed = _counts(app, one.url)
        assert counted - before[one.url][0] == expected
        assert observed - before[one.url][1] == expected
        lines = one.requests()[seen:]
        assert (
            Counter((line["method"], line["route"], str(line["status"])) for line in lines)
            == expected
        )


def _counts(app: Pair, url: str) -> tuple[Counts, Counts]:
    text = app.client.get(f"{url}/metrics").text
    names = ("http_requests_total", "http_request_duration_seconds_count")
    counted, observed = (
        Counter({key: int(value) for key, value in samples(text, name).items()}) for name in names
    )
    return counted, observed


def test_whoever_has_the_answer_finds_it_counted(app: Pair) -> None:
    """A scrape and a look at the log right after the answer already show the request."""
    for _ in range(20):
        before = _counts(app, app.gateway.url)[0]
        answer = app.client.get("/api/v1/alive")
        assert app.gateway.requests()[-1]["correlation_id"] == answer.headers["x-correlation-id"]
        assert (_counts(app, app.gateway.url)[0] - before).total() == 1


def test_an_access_event_has_every_field(app: Pair) -> None:
    """The access event says what the contract promises, with the types it promises."""
    app.client.get("/api/v1/orders/9?x=1", headers={"x-tenant-id": "smoketest"})
    for one in (app.gateway, app.backend):
        line = one.requests()[-1]
        assert line["service"] == one.log_dir.name
        assert line["message"] == "GET /api/v1/orders/9 200"
        assert (line["level"], line["event"], line["environment"]) == ("info", "request", "local")
        assert (line["method"], line["route"]) == ("GET", "/api/v1/orders/{order_id}")
        assert (line["path"], line["status"]) == ("/api/v1/orders/9", 200)
        assert isinstance(line["duration_ms"], float)
        assert line["tenant"] == "smoketest"
        assert re.fullmatch(r"[0-9a-f]{32}", line["trace_id"])
        assert re.fullmatch(r"[0-9a-f]{16}", line["span_id"])
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", line["event_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["timestamp"])
    app.client.get("/api/v1/ping")
    assert "tenant" not in app.gateway.requests()[-1]


def test_lines_are_numbered_and_their_time_rises(app: Pair) -> None:
    """`seq` counts up by one, timestamps rise, and stdout has the same lines as combined.log."""
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda _: app.client.get("/api/v1/orders?limit=1"), range(100)))
    for one in (app.gateway, app.backend):
        lines = one.lines()
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
        stamps = [datetime.fromisoformat(line["timestamp"]) for line in lines]
        assert all(earlier < later for earlier, later in pairwise(stamps))
        assert len({line["event_id"] for line in lines}) == len(lines)
        assert one.lines("output") == lines


def test_operators_routes_leave_no_mark(app: Pair) -> None:
    """/metrics and /-/ready are neither counted nor logged."""
    before, logged = _counts(app, app.gateway.url), len(app.gateway.lines())
    app.client.get("/-/ready")
    assert app.client.get("/-/nothing").status_code == 404
    assert _counts(app, app.gateway.url) == before
    assert len(app.gateway.lines()) == logged


def test_an_exception_is_one_error_line_and_a_500(app: Pair) -> None:
    """The error endpoint answers with its correlation id and writes one ERROR to both files."""
    answer = app.client.post("/api/v1/test/error", headers={"x-correlation-id": "boom-1"})
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal server error", "correlation_id": "boom-1"}
    (line,) = [one for one in app.gateway.lines("error.log") if one["correlation_id"] == "boom-1"]
    assert (line["level"], line["event"]) == ("error", "exception")
    assert line["error_type"] == "DeliberateError"
    assert line["error_message"] in line["message"]
    assert line["stack"].startswith("Traceback")
    assert line in app.gateway.lines()
    assert {one["level"] for one in app.gateway.lines("error.log")} == {"error"}
    assert app.gateway.requests()[-1]["status"] == 500


@pytest.mark.parametrize(
    ("header", "sent", "kept"),
    [
        ("X-Correlation-ID", "abc-123", True),
        ("X-Request-ID", "req-9", True),
        ("X-Correlation-ID", "x" * 129, False),
        ("X-Correlation-ID", "tab\there", False),
        ("X-Correlation-ID", "", False),
    ],
)
def test_a_sane_correlation_id_is_kept(app: Pair, *, header: str, sent: str, kept: bool) -> None:
    """The caller's id is used where it is sane, else a new one, in answer, logs and backend."""
    chosen = app.client.get("/api/v1/orders", headers={header: sent}).headers["x-correlation-id"]
    assert (chosen == sent) is kept
    for one in (app.gateway, app.backend):
        assert one.requests()[-1]["correlation_id"] == chosen


def test_exemplars_lead_to_traces_that_are_kept(app: Pair) -> None:
    """In OpenMetrics each route has the trace of a request of its own, but health has none."""
    for path in ("/api/v1/health", "/api/v1/check", "/api/v1/orders"):
        app.client.get(path)
    answer = app.client.get("/metrics", headers={"accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    found: dict[str, set[tuple[str, str]]] = {}
    for family in text_string_to_metric_families(answer.text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            if sample.exemplar:
                ids = sample.exemplar.labels
                route = sample.labels["route"]
                found.setdefault(route, set()).add((ids["trace_id"], ids["span_id"]))
    logged = {(line["trace_id"], line["span_id"]): line for line in app.gateway.requests()}
    assert {"/api/v1/check", "/api/v1/orders"} <= found.keys()
    assert "/api/v1/health" not in found
    for route, identities in found.items():
        assert {logged[identity]["route"] for identity in identities} == {route}


def test_metric_families(app: Pair) -> None:
    """Every promised family is there in the classic text format, without a service label."""
    answer = app.client.get(f"{app.backend.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in (
        "http_requests_in_progress 0.0",
        'queue_depth{queue="orders"} 0.0',
        "db_connections_active 0.0",
        "db_connections_max 20.0",
        "orders_created_total ",
        "process_resident_memory_bytes ",
        "python_info{",
    ):
        assert f"\n{name}" in answer.text
    assert "service=" not in answer.text
    assert "_created{" not in answer.text
    assert "orders_created" not in app.client.get("/metrics").text


def test_orders_live_in_the_database(app: Pair) -> None:
    """An order that was created can be read, listed and counted; the gateway passes all on."""
    before = app.client.get("/api/v1/dbStats").json()["orders"]
    created = app.client.post("/api/v1/orders", json={"customer": "c", "item": "i", "quantity": 2})
    assert created.status_code == 201
    number = created.json()["id"]
    assert app.client.get(f"/api/v1/orders/{number}").json() == created.json()
    assert app.client.get("/api/v1/orders?limit=1").json()["orders"] == [created.json()]
    assert app.client.get("/api/v1/dbStats").json()["orders"] == before + 1
    assert before >= 100
    assert "orders_created_total 1.0" in app.client.get(f"{app.backend.url}/metrics").text
    assert app.client.get("/api/v1/orders/999999").status_code == 404
    assert app.client.get("/api/v1/orders?limit=0").status_code == 422
    refused = app.client.post("/api/v1/orders", content=json.dumps({"item": 1}))
    assert refused.status_code == 422


@pytest.mark.parametrize("probe", ["health", "ping", "check", "ready", "alive"])
def test_probes_are_answered_by_the_gateway_alone(app: Pair, probe: str) -> None:
    """A probe is a 200 that the backend never hears of."""
    heard = len(app.backend.requests())
    assert app.client.get(f"/api/v1/{probe}").status_code == 200
    assert len(app.backend.requests()) == heard
