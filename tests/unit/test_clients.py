"""Clients of a stack that lacks servers: what is there can be asked, the rest says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.clients import Clients, connect
from smokestack.drive.marked_traces import spans_received
from smokestack.drive.why import ways
from smokestack.endpoints import Endpoint, Endpoints
from smokestack.errors import ObservationError
from smokestack.system import load_system

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"


def clients(system: str, *roles: str) -> Clients:
    """Clients of servers that nobody runs."""
    endpoints = Endpoints({role: Endpoint(role, NOWHERE) for role in roles})
    return connect(endpoints, load_system(ROOT, system), timeout_s=1.0)


def test_what_a_stack_lacks_is_said_by_whoever_asks_it() -> None:
    """The message names the server, the hint how such a check is marked."""
    few = clients("clientforge", "prometheus", "loki", "otel-collector")
    for role, said in (
        ("alertmanager", "this stack has no Alertmanager"),
        ("traces", "this stack has no trace store"),
        ("webhook", "this stack has no webhook receiver"),
        ("grafana", "this stack has no Grafana"),
    ):
        with pytest.raises(ObservationError, match=said) as caught:
            getattr(few, role)
        assert "pytest.mark.needs" in str(caught.value)


def test_only_servers_that_run_are_asked_for_version_and_time() -> None:
    """None of those that the stack lacks shows up as silent."""
    few = clients("clientforge", "prometheus", "loki")
    assert set(few.versions()) == {"prometheus", "loki"}
    more = clients("clientforge", "prometheus", "loki", "alertmanager", "traces")
    assert set(more.versions()) == {"prometheus", "loki", "alertmanager", "jaeger"}
    assert set(clients("clientforge", "prometheus", "loki", "grafana").versions()) == {
        "prometheus", "loki", "grafana",
    }  # fmt: skip


def test_signals_have_no_way_to_a_server_that_is_not_there() -> None:
    """Without a trace store nothing can be said about spans."""
    few = clients("clientforge", "prometheus", "loki", "otel-collector")
    assert set(ways(few)) == {"logs"}
    assert spans_received(few) is None
    whole = clients("reference", "prometheus", "loki", "otel-collector", "traces", "traces-metrics")
    assert set(ways(whole)) == {"logs", "traces"}
