"""Mimir and a distributed Tempo, at the transport: neither can be had here.

What they answer, and where, is as their documentation has it: "Grafana Mimir HTTP API"
(grafana/mimir, docs/sources/mimir/references/http-api/index.md: the table of endpoints, the path
prefixes, "Requires authentication", "displays empty configuration settings"), "Tempo HTTP API"
(grafana/tempo, docs/sources/tempo/api_docs/_index.md: what the query-frontend has), and for what
is compatible with Prometheus, its own "HTTP API". `no org id` is what both say to who names no
tenant (grafana/dskit, user/id.go).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from smokestack.configuration import Retention
from smokestack.endpoints import Endpoint, Limits
from smokestack.errors import BadResponse, NoAccess, NotOffered
from smokestack.observe.administration import Administration
from smokestack.observe.calls import CallLog
from smokestack.observe.edge import Edge
from smokestack.observe.own_settings import tempo_retention
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.tempo import Tempo
from tests.unit.test_observe_tempo import BY_ID, COUNTED, FOUND

TENANT = {"X-Scope-OrgID": "team-a"}
BUILD = {
    "application": "Grafana Mimir", "version": "2.15.0", "revision": "c2a1b25",
    "branch": "HEAD", "goVersion": "go1.23.3",
    "features": {"ruler_config_api": "true", "alertmanager_config_api": "true",
                 "query_sharding": "false", "federated_rules": "false"},
}  # fmt: skip
RULES = {
    "groups": [
        {
            "name": "app", "file": "team-a", "interval": 60, "lastEvaluation":
            "2026-11-22T00:00:00Z", "evaluationTime": 0.001, "sourceTenants": [],
            "rules": [
                {"state": "inactive", "name": "HighErrorRate", "query": "rate(x[5m]) > 1",
                 "duration": 300, "keepFiringFor": 0, "labels": {"severity": "critical"},
                 "annotations": {}, "alerts": [], "health": "ok", "lastError": "",
                 "type": "alerting", "lastEvaluation": "2026-11-22T00:00:00Z",
                 "evaluationTime": 0.001}
            ],
        }
    ]
}  # fmt: skip


def up(job: str, value: str) -> dict[str, Any]:
    """A series `up`, as an instant query gives it."""
    labels = {"__name__": "up", "job": job, "instance": f"{job}:9090"}
    return {"metric": labels, "value": [1795305600.0, value]}


def vector(*series: dict[str, Any]) -> dict[str, Any]:
    """The data of an instant query."""
    return {"resultType": "vector", "result": list(series)}


MIMIR: dict[str, Any] = {
    "/prometheus/api/v1/status/buildinfo": BUILD,
    "/prometheus/api/v1/query": vector(up("gateway", "1"), up("backend", "0")),
    "/prometheus/api/v1/labels": ["__name__", "job"],
    "/prometheus/api/v1/label/__name__/values": ["up"],
    "/prometheus/api/v1/metadata": {"up": [{"type": "gauge", "help": "", "unit": ""}]},
    "/prometheus/api/v1/rules": RULES,
    "/prometheus/api/v1/alerts": {"alerts": []},
}
EMPTY = {"/api/v1/status/buildinfo": BUILD, "/api/v1/status/config": {}}
"""A Mimir without a prefix: there is a configuration, "to be compatible", with nothing in it."""


def edge_to(
    name: str, handler: Callable[[httpx.Request], httpx.Response], base: str = "", **headers: str
) -> Edge:
    """An edge to a cluster that somebody else runs."""
    endpoint = Endpoint(name, f"https://cluster.test{base}", headers, limits=Limits(rate=1000.0))
    return Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(handler))


def mimir(
    answers: dict[str, Any] = MIMIR, base: str = "/prometheus", tenant: str = "team-a"
) -> Edge:
    """A Mimir with these answers, for one tenant."""

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path not in answers:
            return httpx.Response(404, text="404 page not found")
        if "buildinfo" not in path and request.headers.get("x-scope-orgid") != "team-a":
            return httpx.Response(401, text="no org id\n")
        return httpx.Response(200, json={"status": "success", "data": answers[path]})

    return edge_to("prometheus", handler, base, **({"X-Scope-OrgID": tenant} if tenant else {}))


def test_mimir_is_asked_as_a_prometheus_is() -> None:
    """Queries, labels, metadata, rules and alerts, below its prefix and with a tenant."""
    client = Prometheus(mimir())
    assert client.version() == "Grafana Mimir 2.15.0"
    assert [one.value for one in client.instant("up")] == [1.0, 0.0]
    assert client.names() == {"up"}
    assert client.labels("up", (0.0, 1.0)) == {"job"}
    assert client.metadata() == {"up": "gauge"}
    assert [rule.name for rule in client.rules()] == ["HighErrorRate"]
    assert client.alerts() == []


def test_mimir_scrapes_nobody() -> None:
    """It has no list of scrape targets, and says so; `up` tells which answer."""
    client = Prometheus(mimir())
    with pytest.raises(NotOffered, match="Grafana Mimir has no scrape targets"):
        client.targets()
    with pytest.raises(NotOffered, match="no metadata of scrape targets"):
        client.families_of('{job="gateway"}')
    assert {(one.job, one.instance, one.health) for one in client.scraped()} == {
        ("gateway", "gateway:9090", "up"),
        ("backend", "backend:9090", "down"),
    }


def test_mimir_has_no_configuration_of_a_prometheus() -> None:
    """Neither retention nor intervals, also where it answers with nothing in it."""
    with pytest.raises(NotOffered, match="a limit of each tenant"):
        Administration(mimir()).retention()
    with pytest.raises(NotOffered, match="no configuration with scrape intervals"):
        Administration(mimir()).intervals()
    with pytest.raises(NotOffered, match="no configuration with scrape intervals"):
        Administration(mimir(EMPTY, "")).intervals()


def test_a_prometheus_without_a_path_is_no_mimir() -> None:
    """A gateway that lacks a path is told as before."""
    build = {key: value for key, value in BUILD.items() if key != "application"}
    edge = mimir({"/prometheus/api/v1/status/buildinfo": build})
    with pytest.raises(BadResponse, match="status 404") as raised:
        Prometheus(edge).targets()
    assert not isinstance(raised.value, NotOffered)
    assert "prefix" in str(raised.value.hint)


def test_who_names_no_tenant_is_told_to() -> None:
    """A 401 that is about the tenant, not about a token."""
    with pytest.raises(NoAccess, match="status 401") as raised:
        Prometheus(mimir(tenant="")).instant("up")
    assert "`tenant: NAME`" in str(raised.value.hint)


FRONTEND = (
    "/ready", "/metrics", "/api/search", "/api/traces/", "/api/metrics/query", "/api/echo",
    "/api/status/buildinfo", "/status/config",
)  # fmt: skip
"""What a query-frontend has of what we ask."""
CONFIG = "target: query-frontend\ncompactor: {compaction: {block_retention: 168h0m0s}}\n"


def frontend(request: httpx.Request) -> httpx.Response:
    """A query-frontend: it knows nothing of what distributors and ingesters are asked for."""
    path = request.url.path
    if not path.startswith(FRONTEND):
        return httpx.Response(404, text="404 page not found")
    of_a_tenant = path.startswith(("/api/search", "/api/traces/", "/api/metrics/"))
    if of_a_tenant and request.headers.get("x-scope-orgid") != "team-a":
        return httpx.Response(401, text="no org id")
    told = {
        "/ready": "ready\n",
        "/api/search": FOUND,
        "/api/metrics/query": COUNTED,
        "/api/status/buildinfo": '{"version":"3.0.0","revision":"","branch":"","goVersion":""}',
        "/status/config": CONFIG,
    }
    return httpx.Response(200, text=told.get(path, BY_ID))


def tempo(**headers: str) -> Tempo:
    """A client of a query-frontend."""
    return Tempo(edge_to("tempo", frontend, **headers), service="gateway")


def test_a_query_frontend_answers_all_that_tempo_is_asked() -> None:
    """Searches, counts, traces by id, version and retention."""
    client = tempo(**TENANT)
    assert client.ready()
    assert client.version() == "3.0.0"
    found = client.find("smokestack.run", "r1", 0.0, 60.0, limit=10)
    assert [len(trace.spans) for trace in found] == [2]
    assert client.count("smokestack.run", "r1", 0.0, 60.0) == 25
    assert client.matching("{}", 0.0, 60.0, 5).samples == 1
    trace = client.by_id("4bf92f3577b34da6a3ce929d0e0e4736")
    assert trace is not None
    assert len(trace.spans) == 1
    assert tempo_retention(client.edge) == Retention(7 * 24 * 3600.0)


def test_tempo_wants_a_tenant_as_well() -> None:
    """No trace is not there because nobody said whose it is."""
    client = tempo()
    for ask in (
        lambda: client.by_id("4bf92f3577b34da6a3ce929d0e0e4736"),
        lambda: client.count("smokestack.run", "r1", 0.0, 60.0),
    ):
        with pytest.raises(NoAccess) as raised:
            ask()
        assert "`tenant: NAME`" in str(raised.value.hint)
