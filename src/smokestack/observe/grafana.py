"""What Grafana says of itself, and what it is given by the servers that it shows.

Asked as Grafana 13.2.3 documents it (docs/sources/developer-resources/api-reference/http-api/
api-legacy: `data_source.md`, `folder_dashboard_search.md`, `other.md`). Those pages call the API
legacy, and name no replacement yet for the health of a data source and for its proxy.

Health and proxy go different ways, so both are asked. Health, as every panel, goes through the
plugin of the data source; since Grafana 13 even Prometheus' and Loki's are plugins that can be
missing (`plugin.notRegistered`, grafana/grafana#131490). The proxy passes the question on as it
is, past the plugin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smokestack.observe.dashboards import dashboard_of
from smokestack.observe.edge import Edge, Params
from smokestack.observe.replies import is_page, says_absent
from smokestack.samples import Dashboard, DataSource, SourceHealth

HEALTH = "/api/health"
SOURCES = "/api/datasources"
SEARCH = "/api/search"
DASHBOARD = "/api/dashboards/uid/"
MOST_DASHBOARDS = 5000
"""The largest `limit` of a search; the default is 1000."""


@dataclass(frozen=True)
class GrafanaHealth:
    """`database` is `ok` or `failing`; the version is empty where it is hidden."""

    database: str
    version: str


class Grafana:
    """A client of one Grafana. Who may ask belongs to the endpoint. Every method is one query;
    raises Unreachable, BadResponse.
    """

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def health(self) -> GrafanaHealth:
        """Its own health: `{"database": "ok", "version": "13.2.3", "commit": "…"}`.

        With a failing database the same shape comes with status 503 (`pkg/api/http_server.go`,
        `apiHealthHandler`). Nobody need be logged in.
        """
        reply = self.edge.send("GET", HEALTH)
        if reply.status_code != 503:
            self.edge.checked(reply, HEALTH)
        return self.edge.decoded(HEALTH, reply, lambda told: _health(told.json()))

    def version(self) -> str:
        """Its own version; empty where it is hidden."""
        return self.health().version

    def sources(self) -> list[DataSource]:
        """All data sources: `[{"uid": …, "name": …, "type": …, "isDefault": …, "readOnly": …}]`."""
        return self.edge.read(SOURCES, None, lambda found: [_source(one) for one in found])

    def source_health(self, uid: str) -> SourceHealth:
        """Whether the plugin of a data source reaches its server.

        `{"status": "OK", "message": …}`, or another status with 400 (`pkg/api/datasources.go`,
        `checkDatasourceHealth`). Grafana's own errors have no `status`, but a `messageId` such as
        `plugin.notRegistered` (404), or the message alone.
        """
        path = self.health_path(uid)
        reply = self.edge.send("GET", path)
        if reply.status_code in (401, 403):  # we may not ask: that says nothing of the source
            self.edge.checked(reply, path)
        if is_page(reply):  # somebody else answers in Grafana's place
            self.edge.json_of(reply, path)
        try:
            told = reply.json()
        except ValueError:
            told = {"message": reply.text[:200]}
        return self.edge.decoded(path, told, lambda one: _source_health(one, reply.status_code))

    def health_path(self, uid: str) -> str:
        """Where the health of a data source is asked."""
        return f"{SOURCES}/uid/{uid}/health"

    def proxied(self, uid: str) -> Edge:
        """An edge to the server behind a data source: Grafana passes every question on.

        So the client of that server asks through Grafana. GET only: of what is posted to
        Prometheus Grafana passes on little (`pkg/api/pluginproxy/ds_proxy.go`,
        `validateRequest`). A server that Grafana cannot reach is its 502.
        """
        return self.edge.below(f"{SOURCES}/proxy/uid/{uid}", f"{self.edge.server} (to {uid})")

    def dashboards(self) -> dict[str, str]:
        """Uid -> title of every dashboard: `[{"uid": …, "title": …, "type": "dash-db", …}]`."""
        params: Params = {"type": "dash-db", "limit": MOST_DASHBOARDS}
        return self.edge.read(SEARCH, params, lambda hits: {h["uid"]: h["title"] for h in hits})

    def dashboard(self, uid: str) -> Dashboard:
        """One dashboard: `{"dashboard": {…}, "meta": {"provisioned": …, "folderTitle": …}}`
        (`pkg/api/dtos/dashboard.go`, `DashboardFullWithMeta`).
        """
        return self.edge.read(DASHBOARD + uid, None, dashboard_of)

    def exported(self, uid: str) -> dict[str, Any] | None:
        """The JSON model of one dashboard, as it would be saved; None where it is not there."""
        path = DASHBOARD + uid
        reply = self.edge.send("GET", path)
        if says_absent(reply):
            return None
        answer = self.edge.json_of(reply, path)
        return self.edge.decoded(path, answer, lambda told: dict(told["dashboard"]))

    def repeat(self, path: str) -> str:
        """A shell command that asks a path again."""
        return self.edge.repeat(path)


def _health(told: Any) -> GrafanaHealth:
    return GrafanaHealth(str(told["database"]), str(told.get("version", "")))


def _source(one: dict[str, Any]) -> DataSource:
    return DataSource(
        # Before Grafana 7 there were no uids, and names told data sources apart.
        uid=str(one.get("uid") or one["name"]),
        name=str(one["name"]),
        type=str(one["type"]),
        default=bool(one.get("isDefault")),
        fixed=bool(one.get("readOnly")),
        implementation=str((one.get("jsonData") or {}).get("implementation", "")),
        number=int(one.get("id", 0)),
    )


def _source_health(told: Any, code: int) -> SourceHealth:
    status = told.get("status") or told.get("messageId") or f"status {code}"
    return SourceHealth(str(status), str(told.get("message", "")))
