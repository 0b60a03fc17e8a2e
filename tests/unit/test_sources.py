"""Which data source of Grafana leads to which server, and what is said where none does.

The Grafana is `small_grafana`, asked over HTTP: its replies have the shapes of Grafana's own code
(`pkg/services/datasourceproxy/datasourceproxy.go`, `pkg/api/pluginproxy/ds_proxy.go`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from smokestack.drive.rights import rights
from smokestack.drive.sources import found, found_or_later
from smokestack.errors import BadResponse, NoAccess, NotPermitted, Unreachable, UsageError
from smokestack.observe.calls import CallLog
from smokestack.observe.edge import Edge
from smokestack.observe.prometheus import Prometheus
from smokestack.stack_file import Remote, read
from smokestack.system import load_system
from tests.stack.grafana_beside import grafana_beside

NOBODY = "http://127.0.0.1:9"
SERVICES = ("gateway", "backend")
"""Where nobody answers: the discard port."""

METRICS = {"uid": "m1", "name": "Metrics", "type": "prometheus", "url": NOBODY}
LOGS = {"uid": "l1", "name": "Logs", "type": "loki", "url": NOBODY}
TRACES = {"uid": "t1", "name": "Traces", "type": "tempo", "url": NOBODY}
ALERTS = {"uid": "a1", "name": "Alerts", "type": "alertmanager", "url": NOBODY}
OURS = {**ALERTS, "jsonData": {"implementation": "prometheus"}}
VIEWER = {"role": "Viewer", "lists": True}
TOKENS = {
    "viewer-token": VIEWER,
    "blind-token": {"role": "Viewer", "lists": False},
    "logs-token": {**VIEWER, "may": ["l1"]},
    "admin-token": {"role": "Admin", "lists": True},
}


@contextmanager
def through(
    folder: Path, *sources: Any, who: str = "viewer-token", more: str = "", version: int = 13
) -> Iterator[Remote]:
    """A stack file that knows no more than a Grafana with these data sources."""
    with grafana_beside(folder / "provisioning", sources, TOKENS, version) as (url, _):
        file = folder / "via.yaml"
        file.write_text(
            f"system: reference\nvia: grafana\nlimits: {{rate: 100}}\n{more}endpoints:\n"
            f"  grafana: {{url: {url}, bearer: {{env: GRAFANA_TOKEN}}}}\n"
        )
        yield read(file, SERVICES, {"GRAFANA_TOKEN": who})


def below(remote: Remote) -> dict[str, str]:
    """Where each server that is asked through Grafana is asked, below Grafana's own address."""
    behind = [one for one in remote.endpoints.by_role.values() if one.source]
    grafana = remote.endpoints["grafana"].url
    return {one.name: one.url.removeprefix(grafana) for one in behind}


def edge_to(remote: Remote, role: str) -> Edge:
    """An edge to a server behind a data source."""
    return Edge(remote.endpoints[role], calls=CallLog())


def test_each_is_found_by_its_type(tmp_path: Path) -> None:
    """One data source of each type needs no word in the file; Grafana's token goes along."""
    with through(tmp_path, METRICS, LOGS, TRACES, OURS) as remote:
        there = found(remote)
    assert below(there) == {
        "prometheus": "/api/datasources/proxy/uid/m1",
        "loki": "/api/datasources/proxy/uid/l1",
        "tempo": "/api/datasources/proxy/uid/t1",
        "alertmanager": "/api/datasources/proxy/uid/a1",
    }
    assert there.endpoints["traces"].headers == {"Authorization": "Bearer viewer-token"}
    assert there.endpoints["loki"].limits == there.endpoints["grafana"].limits
    assert [one["path"] for one in there.calls.entries()] == ["/api/datasources", "/api/health"]


def test_mimirs_alertmanager_is_below_its_prefix(tmp_path: Path) -> None:
    """As Grafana takes it where a data source says no implementation, or Mimir's."""
    with through(tmp_path, METRICS, ALERTS) as remote:
        assert below(found(remote))["alertmanager"] == "/api/datasources/proxy/uid/a1/alertmanager"


def test_a_grafana_before_9_goes_by_numbers(tmp_path: Path) -> None:
    """Its proxy knows no uids."""
    with through(tmp_path, METRICS, LOGS, version=8) as remote:
        assert below(found(remote))["loki"] == "/api/datasources/proxy/2"
    more = "sources: {prometheus: {uid: m1}, loki: {id: 7}}\n"
    with through(tmp_path, METRICS, LOGS, version=8, more=more) as remote:
        assert below(found(remote)) == {
            "prometheus": "/api/datasources/proxy/1",
            "loki": "/api/datasources/proxy/7",
        }


def test_what_the_file_names_needs_no_right_to_list(tmp_path: Path) -> None:
    """With uids in the file nothing is listed, and nothing else is asked."""
    more = "sources: {prometheus: {uid: m1}, alertmanager: {uid: a1, path: /alertmanager}}\n"
    with through(tmp_path, METRICS, LOGS, ALERTS, who="blind-token", more=more) as remote:
        assert below(found(remote)) == {
            "prometheus": "/api/datasources/proxy/uid/m1",
            "alertmanager": "/api/datasources/proxy/uid/a1/alertmanager",
        }


def test_a_name_is_looked_up(tmp_path: Path) -> None:
    """Two of one type are told apart by name, too."""
    other = {**METRICS, "uid": "m2", "name": "Others"}
    with through(
        tmp_path, METRICS, other, more="sources: {prometheus: {name: Others}}\n"
    ) as remote:
        assert below(found(remote)) == {"prometheus": "/api/datasources/proxy/uid/m2"}


@pytest.mark.parametrize(
    ("sources", "token", "more", "said"),
    [
        ([METRICS, {**METRICS, "uid": "m2", "name": "Others"}], "viewer-token", "",
         ("2 data sources of the type prometheus", "Metrics (prometheus, uid m1)",
          "Others (prometheus, uid m2)", "sources: {prometheus: {uid: m1}, …}")),
        ([METRICS], "blind-token", "", ("datasources:read", "sources: {prometheus: {uid: …}")),
        ([LOGS], "viewer-token", "", ("no data source of the type prometheus", "uid l1")),
        ([METRICS, TRACES, {**TRACES, "uid": "j1", "type": "jaeger"}], "viewer-token", "",
         ("two trace stores", "t1", "j1")),
        ([METRICS], "viewer-token", "sources: {prometheus: {name: Metrix}}\n",
         ("no data source 'Metrix'", "there are: Metrics (prometheus, uid m1)")),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_a_usage_error(
    tmp_path: Path, sources: list[Any], token: str, more: str, said: tuple[str, ...]
) -> None:
    """It names what there is, and what to write."""
    stack = through(tmp_path, *sources, who=token, more=more)
    with stack as remote, pytest.raises(UsageError) as raised:
        found_or_later(remote)
    for words in ("via.yaml", *said):
        assert words in str(raised.value)


def test_a_wrong_token_is_no_usage_error(tmp_path: Path) -> None:
    """Nothing was found out: each check will say so, and what to do."""
    with through(tmp_path, METRICS, who="wr0ng-token") as remote:
        assert found_or_later(remote).seeking
        with pytest.raises(NoAccess, match="status 401"):
            found(remote)


def question(remote: Remote, role: str, path: str) -> BadResponse:
    """What is raised where Grafana does not pass a question on."""
    with closing(edge_to(found(remote), role)) as edge, pytest.raises(BadResponse) as raised:
        edge.send("GET", path)
    return raised.value


def test_an_unknown_uid_is_no_trace_that_is_not_there(tmp_path: Path) -> None:
    """Grafana's 404 is told from the server's own."""
    more = "sources: {prometheus: {uid: m1}, tempo: {uid: gone}}\n"
    with through(tmp_path, METRICS, more=more) as remote:
        error = question(remote, "traces", "/api/traces/4bf92f3577b34da6a3ce929d0e0e4736")
    assert "uid/gone" in error.message
    assert "status 404, Unable to find datasource" in error.message
    assert "below `sources`" in str(error.hint)


def test_who_may_not_query_a_data_source_is_told_so(tmp_path: Path) -> None:
    """403 of Grafana's, with the permission that it takes."""
    with through(tmp_path, METRICS, LOGS, who="logs-token") as remote:
        error = question(remote, "prometheus", "/api/v1/query")
    assert isinstance(error, NoAccess)
    assert "Access denied to datasource" in error.message
    assert "datasources:query" in str(error.hint)


def test_what_takes_a_higher_role_is_told_so(tmp_path: Path) -> None:
    """Prometheus' flags are for Admins alone."""
    with through(tmp_path, METRICS) as remote:
        error = question(remote, "prometheus", "/api/v1/status/flags")
    assert "for a higher role" in str(error.hint)
    stack = through(tmp_path, METRICS, who="admin-token")
    with stack as remote, closing(edge_to(found(remote), "prometheus")) as edge:
        assert edge.send("GET", "/api/v1/status/flags").status_code == 502


def test_a_server_that_is_away_is_grafanas_502(tmp_path: Path) -> None:
    """It says that the server cannot be reached from there."""
    with through(tmp_path, METRICS) as remote:
        edge = edge_to(found(remote), "prometheus")
        with closing(edge), pytest.raises(BadResponse, match="status 502") as raised:
            Prometheus(edge).instant("up")
    assert "cannot be reached from there" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("prometheus", "POST", "/api/v1/admin/tsdb/snapshot"),
        ("prometheus", "GET", "/loki/api/v1/query"),
        ("prometheus", "GET", "/api/v1/status/.."),
        ("loki", "POST", "/loki/api/v1/push"),
        ("loki", "POST", "/loki/api/v1/query"),
        ("loki", "GET", "/loki/api/v1/label/../values"),
        ("alertmanager", "POST", "/api/v2/silences"),
        ("alertmanager", "DELETE", "/api/v2/silence/1"),
        ("traces", "DELETE", "/api/overrides"),
    ],
)
def test_only_questions_pass(tmp_path: Path, role: str, method: str, path: str) -> None:
    """What may be asked of the server behind a data source is what may be asked of it anywhere."""
    with grafana_beside(tmp_path, [METRICS, LOGS, TRACES, OURS], TOKENS) as (url, asked):
        file = tmp_path / "via.yaml"
        file.write_text(
            "system: reference\nvia: grafana\nendpoints: {grafana: {url: '"
            f"{url}', headers: {{Authorization: Bearer admin-token}}}}}}\n"
        )
        there = found(read(file, SERVICES, {}))
        asked.clear()
        edge = edge_to(there, role)
        with closing(edge), pytest.raises(NotPermitted, match="nothing was sent"):
            edge.send(method, path)
        assert asked == []


def test_doctor_names_the_data_sources(tmp_path: Path) -> None:
    """And says of each whether it can be asked."""
    system = load_system(Path(__file__).parents[2], "reference")
    with through(tmp_path, METRICS, LOGS) as remote:
        said = {(one.server, one.what): one for one in rights(remote, system)}
    assert said["grafana", "what is asked through it"].seen.startswith(
        "prometheus: Metrics, loki: Logs"
    )
    assert not said["prometheus", "queries"].good
    with through(tmp_path, METRICS, who="wr0ng-token") as remote:
        [only] = rights(remote, system)
    assert "token" in str(only.hint)


def test_nobody_there_is_no_usage_error(tmp_path: Path) -> None:
    """A Grafana that is away says nothing of the file."""
    file = tmp_path / "via.yaml"
    file.write_text(
        f"system: reference\nvia: grafana\nendpoints: {{grafana: {{url: '{NOBODY}'}}}}\n"
    )
    with pytest.raises(Unreachable):
        found(read(file, SERVICES, {}))
