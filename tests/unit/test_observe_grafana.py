"""Grafana's answers in the shapes that its documentation and source (13.2.3) give."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from smokestack.endpoints import Endpoint, basic_auth
from smokestack.errors import BadResponse
from smokestack.observe.dashboards import dashboard_of
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.grafana import Grafana, GrafanaHealth
from smokestack.observe.prometheus import Prometheus
from smokestack.samples import DataSource, Panel, SourceHealth

URL = "http://grafana.test:3000"
SOURCE = {
    "id": 1, "orgId": 1, "uid": "prometheus", "name": "Prometheus", "type": "prometheus",
    "typeLogoUrl": "", "access": "proxy", "url": "http://prometheus:9090", "user": "",
    "database": "", "basicAuth": False, "isDefault": True, "jsonData": {"httpMethod": "POST"},
    "readOnly": True,
}  # fmt: skip
HIT = {
    "id": 1, "uid": "app", "orgId": 1, "title": "Application", "url": "/d/app/application",
    "type": "dash-db", "tags": [], "isStarred": False, "folderUid": "f1", "folderTitle": "Folder",
}  # fmt: skip
META = {"type": "db", "folderTitle": "Folder", "provisioned": True, "version": 1}
ONE = {"resultType": "vector", "result": [{"metric": {}, "value": [1.0, "7"]}]}


def grafana(
    answers: Mapping[str, Any], *, status: int = 200, calls: CallLog | None = None
) -> Grafana:
    """A Grafana that answers these paths, and wants its admin."""

    def handler(request: httpx.Request) -> httpx.Response:
        assert (
            request.headers["authorization"] == basic_auth("admin", "s3cret-w0rd")["Authorization"]
        )
        found = answers[request.url.path]
        body = found if isinstance(found, str) else json.dumps(found)
        return httpx.Response(status, text=body)

    endpoint = Endpoint("grafana", URL, basic_auth("admin", "s3cret-w0rd"))
    transport = httpx.MockTransport(handler)
    return Grafana(Edge(endpoint, calls=calls or CallLog(), transport=transport))


def model(*panels: Any, **more: Any) -> Any:
    """/api/dashboards/uid/app with these panels."""
    return {"meta": META, "dashboard": {"uid": "app", "title": "Application", "panels": panels}
            | more}  # fmt: skip


def sources_of(panel: Any) -> tuple[str, ...]:
    """The data sources that one panel asks."""
    [found] = dashboard_of(model({"type": "timeseries", "title": "a panel", **panel})).panels
    return found.sources


def test_health_is_told_also_when_it_is_bad() -> None:
    """A failing database is an answer with status 503; a hidden version is empty."""
    fine = {"database": "ok", "version": "13.2.3", "commit": "abc"}
    assert grafana({"/api/health": fine}).health() == GrafanaHealth("ok", "13.2.3")
    bad = grafana({"/api/health": {"database": "failing"}}, status=503)
    assert bad.health() == GrafanaHealth("failing", "")
    with pytest.raises(BadResponse, match="status 500"):
        grafana({"/api/health": "no"}, status=500).health()


def test_something_else_in_its_place_is_a_bad_response() -> None:
    """A proxy's page with status 503 is no health."""
    with pytest.raises(BadResponse, match="not understood"):
        grafana({"/api/health": "<html>"}, status=503).health()


def test_data_sources() -> None:
    """Those from a file that cannot be edited are told apart; old ones had no uid."""
    old = {k: v for k, v in SOURCE.items() if k != "uid"} | {"readOnly": False}
    assert grafana({"/api/datasources": [SOURCE, old]}).sources() == [
        DataSource("prometheus", "Prometheus", "prometheus", default=True, fixed=True, number=1),
        DataSource("Prometheus", "Prometheus", "prometheus", default=True, number=1),
    ]


@pytest.mark.parametrize(
    ("status", "told", "seen"),
    [
        (200, {"message": "Works.", "status": "OK"}, SourceHealth("OK", "Works.")),
        (400, {"message": "no", "status": "ERROR"}, SourceHealth("ERROR", "no")),
        (
            404,
            {"message": "Plugin not registered", "messageId": "plugin.notRegistered"},
            SourceHealth("plugin.notRegistered", "Plugin not registered"),
        ),
        (500, {"message": "Unable to load"}, SourceHealth("status 500", "Unable to load")),
        (500, "no JSON", SourceHealth("status 500", "no JSON")),
    ],
)
def test_the_health_of_a_data_source(status: int, told: Any, seen: SourceHealth) -> None:
    """Whatever the status, what Grafana says is kept."""
    asked = grafana({"/api/datasources/uid/loki/health": told}, status=status)
    assert asked.source_health("loki") == seen


@pytest.mark.parametrize("status", [200, 400, 502])
def test_a_page_in_its_place_says_nothing_of_a_data_source(status: int) -> None:
    """It is of a gateway before Grafana."""
    asked = grafana({"/api/datasources/uid/loki/health": "<html>"}, status=status)
    with pytest.raises(BadResponse, match="<html>"):
        asked.source_health("loki")


def test_who_may_not_ask_learns_nothing_of_a_data_source() -> None:
    """A wrong password is no fault of Loki's."""
    asked = grafana({"/api/datasources/uid/loki/health": {"message": "no"}}, status=401)
    with pytest.raises(BadResponse, match="status 401"):
        asked.source_health("loki")


def test_a_client_asks_its_server_through_grafana() -> None:
    """The same client, over the same connections; the log and errors say which way it went."""
    calls = CallLog()
    path = "/api/datasources/proxy/uid/prometheus/api/v1/query"
    asked = grafana({path: {"status": "success", "data": ONE}}, calls=calls)
    prometheus = Prometheus(asked.proxied("prometheus"))
    assert prometheus.value("sum(x)") == 7.0
    [entry] = calls.entries()
    assert (entry["server"], entry["path"]) == ("grafana (to prometheus)", "/api/v1/query")
    assert f"{URL}{path}" in prometheus.repeat("sum(x)")


def test_a_server_that_grafana_cannot_reach_is_a_bad_response() -> None:
    """Grafana answers 502 without a body."""
    path = "/api/datasources/proxy/uid/prometheus/api/v1/query"
    asked = grafana({path: ""}, status=502)
    with pytest.raises(BadResponse, match=r"grafana \(to prometheus\) .*status 502: an empty"):
        Prometheus(asked.proxied("prometheus")).value("sum(x)")


def test_dashboards() -> None:
    """By uid, and one whole."""
    asked = grafana({"/api/search": [HIT], "/api/dashboards/uid/app": model()})
    assert asked.dashboards() == {"app": "Application"}
    seen = asked.dashboard("app")
    assert (seen.uid, seen.title, seen.folder, seen.provisioned) == (
        "app", "Application", "Folder", True,
    )  # fmt: skip


def test_a_panel_names_its_data_sources_in_many_ways() -> None:
    """By uid, as before 8.3 by name, by variable, per target, or not at all."""
    by_uid = {"datasource": {"type": "loki", "uid": "loki"}}
    assert sources_of(by_uid) == ("loki",)
    assert sources_of({"datasource": "Loki"}) == ("Loki",)
    assert sources_of({"datasource": {"uid": "${source}"}}) == ("$source",)
    assert sources_of({"datasource": "${source:raw}"}) == ("$source",)
    assert sources_of({"datasource": None, "targets": [{"refId": "A"}]}) == ("",)
    mixed = {"datasource": {"uid": "-- Mixed --"}, "targets": [by_uid, {"refId": "B"}, by_uid]}
    assert sources_of(mixed) == ("loki",)
    assert sources_of({"type": "text"}) == ()


def test_folded_rows_are_opened() -> None:
    """Their panels are panels; the rows are none."""
    row = {"type": "row", "title": "More", "panels": [{"type": "stat", "id": 7}]}
    assert dashboard_of(model(row, {"type": "row"})).panels == (Panel("panel 7", ()),)


def test_variables_that_stand_for_a_data_source() -> None:
    """Others stand for values."""
    listed = [
        {"name": "source", "type": "datasource", "query": "prometheus"},
        {"name": "service", "type": "query", "query": "label_values(service)"},
    ]
    assert dashboard_of(model(templating={"list": listed})).variables == {"source": "prometheus"}


def test_the_password_is_in_no_command_and_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown as the variable that it came from, else blanked; nor is its base64 shown."""
    asked = grafana({})
    encoded = base64.b64encode(b"admin:s3cret-w0rd").decode()
    hidden = asked.repeat("/api/health")
    monkeypatch.setenv("GRAFANA_ADMIN_PASSWORD", "s3cret-w0rd")
    named = asked.repeat("/api/health")
    assert hidden == f'curl -s {URL}/api/health -u "admin:***"'
    assert named == f'curl -s {URL}/api/health -u "admin:$GRAFANA_ADMIN_PASSWORD"'
    shown = hidden + named + repr(asked.edge.endpoint)
    assert "s3cret" not in shown
    assert encoded not in shown


def test_a_header_that_is_no_basic_auth_is_blanked() -> None:
    """It may be a secret all the same."""
    endpoint = Endpoint("grafana", URL, {"Authorization": "Basic s3cret"})
    edge = Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(lambda _: None))  # type: ignore[arg-type]
    assert edge.repeat("/") == f'curl -s {URL}/ -H "Authorization: ***"'
