"""The sample application's fault switch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from smokestack.wait import until
from tests.unit.app_processes import START_S, Pair, pair, samples, service


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both services, for all tests of this module."""
    with pair(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(autouse=True)
def healed(app: Pair) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    app.client.put("/-/faults", json={})


@pytest.mark.parametrize(("rate", "failed"), [(0.25, 25), (1, 100), (0.29, 29), (0, 0)])
def test_the_error_rate_is_exact(app: Pair, rate: float, failed: int) -> None:
    """Of 100 requests exactly the asked share fails, evenly spread."""
    answer = app.client.put("/-/faults", json={"error_rate": rate})
    plan = {"error_rate": rate, "latency_ms": 0, "gauges": {}, "amounts": {}, "gone": []}
    assert answer.json() == plan
    statuses = [app.client.get("/api/v1/ping").status_code for _ in range(100)]
    assert statuses.count(500) == failed
    if rate == 0.25:
        assert statuses == [200, 200, 200, 500] * 25


def test_an_injected_error_keeps_its_route(app: Pair) -> None:
    """What the switch fails is counted under the route's template, and logged as an exception."""
    app.client.put("/-/faults", json={"error_rate": 1})
    app.client.get("/api/v1/orders/3")
    counted = samples(app.client.get("/metrics").text, "http_requests_total")
    assert counted["GET", "/api/v1/orders/{order_id}", "500"] == 1
    assert app.gateway.lines("error.log")[-1]["error_type"] == "InjectedError"


def test_latency_is_added(app: Pair) -> None:
    """Requests take at least as long as the switch says, probes for readiness do not."""
    app.client.put("/-/faults", json={"latency_ms": 150})
    began = time.monotonic()
    app.client.get("/api/v1/ping")
    assert time.monotonic() - began >= 0.15
    assert app.gateway.requests()[-1]["duration_ms"] >= 150


def test_gauges_show_what_is_set_until_it_is_taken_back(app: Pair) -> None:
    """A set gauge stands before the real reading; the empty plan brings that one back."""
    faults = f"{app.backend.url}/-/faults"
    gauges = {"queue_depth": 12, 'queue_depth{queue="email"}': 3, "db_connections_active": 18}
    assert app.client.put(faults, json={"gauges": gauges}).status_code == 200
    text = app.client.get(f"{app.backend.url}/metrics").text
    assert 'queue_depth{queue="orders"} 12.0' in text
    assert 'queue_depth{queue="email"} 3.0' in text
    assert "db_connections_active 18.0" in text
    app.client.put(faults, json={})
    text = app.client.get(f"{app.backend.url}/metrics").text
    assert 'queue_depth{queue="email"} 0.0' in text
    assert "db_connections_active 0.0" in text


@pytest.mark.parametrize(
    "plan",
    [
        {"error_rate": 1.5},
        {"error_rate": "often"},
        {"latency_ms": -1},
        {"gauges": {"up": 1}},
        {"amounts": {"connections_held": 1}},
        {"amounts": {"jobs": -1}},
        {"gauge": {}},
        [],
    ],
)
def test_a_wrong_plan_is_refused_and_changes_nothing(app: Pair, plan: object) -> None:
    """A plan that cannot be is a 422, and the one in force stays."""
    app.client.put("/-/faults", json={"latency_ms": 1})
    assert app.client.put("/-/faults", json=plan).status_code == 422
    assert app.client.get("/-/faults").json()["latency_ms"] == 1


def test_a_part_is_merged_into_the_plan(app: Pair) -> None:
    """Two who set different things do not undo each other's; null takes back."""
    faults = f"{app.backend.url}/-/faults"
    assert app.client.patch(faults, json={"gauges": {"db_connections_max": 7}}).status_code == 200
    app.client.patch(faults, json={"latency_ms": 1, "gauges": {"queue_depth": 3}})
    plan = app.client.patch(faults, json={"gauges": {"queue_depth": None}}).json()
    assert (plan["latency_ms"], plan["gauges"]) == (1, {"db_connections_max": 7})
    assert app.client.patch(faults, json={"gauges": {"up": 1}}).status_code == 422
    assert app.client.patch(faults, json={"latency_ms": -1}).status_code == 422
    assert app.client.get(faults).json() == plan
    app.client.put(faults, json={})


def test_connections_are_held_for_real(app: Pair) -> None:
    """A pool of which most is held still answers, with what is left; all come back."""
    faults = f"{app.backend.url}/-/faults"
    held = {"amounts": {"db_connections_held": 18}}
    assert app.client.patch(faults, json=held).status_code == 200
    assert app.client.get("/api/v1/dbStats").json()["connections"] == {"active": 18, "max": 20}
    assert "db_connections_active 18.0" in app.client.get(f"{app.backend.url}/metrics").text
    app.client.patch(faults, json={"amounts": {"db_connections_held": None}})
    assert "db_connections_active 0.0" in app.client.get(f"{app.backend.url}/metrics").text


def test_families_go_and_come_back(app: Pair) -> None:
    """What a plan says is gone is not exposed, by the name of its samples; the rest is."""
    app.client.put("/-/faults", json={"gone": ["queue_depth", "http_requests_total"]})
    text = app.client.get("/metrics").text
    assert "queue_depth" not in text
    assert "http_requests_total" not in text
    assert "http_request_duration_seconds_count" in text
    app.client.put("/-/faults", json={})
    assert "queue_depth" in app.client.get("/metrics").text


def test_without_the_switch_there_are_no_faults(tmp_path: Path) -> None:
    """A service that was not started with APP_FAULTS=on does not know the route."""
    settings = {
        "APP_BACKEND_URL": "http://127.0.0.1:1",
        "OTEL_TRACES_EXPORTER": "none",
        "APP_VERSION": "1.4.2",
    }
    with service("gateway", tmp_path, **settings) as gateway:
        assert until(gateway.ready, within_s=START_S).met
        with httpx.Client(base_url=gateway.url, trust_env=False) as client:
            assert client.get("/-/faults").status_code == 404
            assert 'app_build_info{version="1.4.2"} 1.0' in client.get("/metrics").text
            assert client.put("/-/faults", json={"error_rate": 1}).status_code in (404, 405)
            answer = client.get("/api/v1/orders")
        assert answer.status_code == 502
        assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"]
        assert gateway.lines("error.log")[-1]["event"] == "backend_unreachable"
