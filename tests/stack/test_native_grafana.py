"""A grafana at hand runs with the stack. The one here is small: no real one can be had."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from smokestack import yaml_file
from smokestack.endpoints import basic_auth
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.grafana import Grafana
from smokestack.stack.native import NativeStack
from tests.mutations import project
from tests.mutations.mutation import COMPOSE
from tests.mutations.project import Edit
from tests.stack.processes import gone
from tests.stack.real_stack import plan, session, started
from tests.stack.small_grafana import distribution

ASKED = {
    "prometheus": "/-/ready",
    "loki": "/ready",
    "tempo": "/ready",
    "jaeger": "/api/services",
}
"""What each data source answers with 200, by type."""


@dataclass(frozen=True)
class Here:
    """A running stack with a Grafana, and what that one was started with."""

    stack: NativeStack
    home: Path
    keep: Path

    @property
    def seen(self) -> Mapping[str, Any]:
        """The arguments and the environment of Grafana."""
        file = self.stack.directory.path / "data" / "grafana-data" / "seen.json"
        return dict(json.loads(file.read_text(encoding="utf-8")))

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of Grafana."""
        return dict(self.seen["environment"])


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """One stack for the tests that only look."""
    home = tmp_path_factory.mktemp("distribution") / "grafana"
    keep = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMOKESTACK_GRAFANA_BINARY", str(distribution(home)))
        patch.delenv("GRAFANA_ADMIN_PASSWORD", raising=False)
        with started(plan(keep)) as stack:
            yield Here(stack, home, keep)


def forms_of(password: str) -> tuple[str, str]:
    """What must be told nobody: a password, and how it is sent."""
    return password, basic_auth("admin", password)["Authorization"].removeprefix("Basic ")


def provisioned(here: Here) -> dict[str, Mapping[str, Any]]:
    """The data sources that Grafana finds, by uid."""
    folder = Path(here.environment["GF_PATHS_PROVISIONING"]) / "datasources"
    files = [yaml_file.read(file).data for file in sorted(folder.iterdir())]
    return {source["uid"]: source for file in files for source in file["datasources"]}


def test_it_listens_where_it_was_told(here: Here) -> None:
    """It is ready on the loopback port that was allocated, and in the report."""
    port = here.stack.layout.port("grafana", 3000)
    assert here.environment["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert here.environment["GF_SERVER_HTTP_PORT"] == str(port) != "3000"
    assert httpx.get(f"http://127.0.0.1:{port}/api/health").json()["database"] == "ok"
    assert here.stack.endpoints()["grafana"].url == f"http://127.0.0.1:{port}"
    assert "grafana" in {server.name for server in here.stack.info({}).servers}


def test_it_is_started_as_a_modern_grafana(here: Here) -> None:
    """It runs as a server from its own distribution, and keeps its data in the run's folder."""
    assert here.seen["argv"] == ["server", f"--homepath={here.home}"]
    own = here.stack.directory.path
    for part in ("DATA", "LOGS", "PLUGINS", "PROVISIONING"):
        assert Path(here.environment[f"GF_PATHS_{part}"]).is_relative_to(own)


def test_it_sends_nothing_home(here: Here) -> None:
    """It reports to nobody, looks for no updates and lets nobody in without a password."""
    off = [name for name, value in here.environment.items() if value == "false"]
    assert {
        "GF_ANALYTICS_REPORTING_ENABLED",
        "GF_ANALYTICS_CHECK_FOR_UPDATES",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
        "GF_AUTH_ANONYMOUS_ENABLED",
        "GF_PLUGINS_PREINSTALL_AUTO_UPDATE",
    } <= set(off)
    assert here.environment["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"


def test_its_data_sources_answer(here: Here) -> None:
    """Each data source is one of this stack's servers, on loopback, of the type that answers."""
    sources = provisioned(here)
    assert set(sources) == {"prometheus", "loki", "tempo"}
    assert sources["tempo"]["type"] == here.stack.blueprint.selection.trace_store
    for source in sources.values():
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", source["url"])
        assert httpx.get(source["url"] + ASKED[source["type"]]).status_code == 200


def test_its_data_sources_lead_to_each_other(here: Here) -> None:
    """From exemplar to trace, from line to trace, from span to lines: by uids that exist."""
    sources = provisioned(here)
    metrics, logs, traces = (sources[uid]["jsonData"] for uid in ("prometheus", "loki", "tempo"))
    assert [one["datasourceUid"] for one in metrics["exemplarTraceIdDestinations"]] == ["tempo"]
    assert [one["datasourceUid"] for one in logs["derivedFields"]] == ["tempo"]
    assert traces["tracesToLogsV2"]["datasourceUid"] == "loki"


def test_our_client_is_let_in_and_nobody_else(here: Here) -> None:
    """The endpoint has the admin's password; without it Grafana tells nothing."""
    endpoint = here.stack.endpoints()["grafana"]
    edge = Edge(endpoint, calls=CallLog())
    assert {one.uid for one in Grafana(edge).sources()} == {"prometheus", "loki", "tempo"}
    edge.close()
    assert httpx.get(f"{endpoint.url}/api/datasources").status_code == 401


def test_its_password_is_nowhere(here: Here) -> None:
    """It has a password of this run's own, which stands in no log and in no file that is kept."""
    password = here.environment["GF_SECURITY_ADMIN_PASSWORD"]
    assert len(password) >= 20
    here.stack.save()
    kept = [file for file in here.keep.rglob("*") if file.is_file()]
    assert here.keep / "logs" / "grafana.log" in kept
    own = [file for file in here.stack.directory.path.glob("*") if file.is_file()]
    for secret in forms_of(password):
        assert not [file for file in kept + own if secret.encode() in file.read_bytes()]
        assert secret not in repr(here.stack)
        assert secret not in repr(here.stack.info({}))
        assert secret not in repr(here.stack.endpoints())


def test_it_ends_with_the_stack(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing the stack ends it, as every other server."""
    monkeypatch.setenv("SMOKESTACK_GRAFANA_BINARY", str(distribution(tmp_path / "grafana")))
    with started(plan(tmp_path_factory.mktemp("kept"))) as stack:
        [child] = [child for child in stack.children if child.name == "grafana"]
        process = psutil.Process(child.pid)
        assert process.is_running()
    assert gone([process], within_s=2).met


UNTOLD = "do-not-tell-anybody"


def at_hand(folder: Path) -> dict[str, str]:
    """An environment that names a Grafana, and the password of its admin."""
    return {
        "SMOKESTACK_GRAFANA_BINARY": str(distribution(folder / "grafana")),
        "GRAFANA_ADMIN_PASSWORD": UNTOLD,
    }


def report_of(folder: Path) -> Any:
    """What the run wrote."""
    [report] = (folder / "reports").glob("2*/run.json")
    return json.loads(report.read_text(encoding="utf-8"))


def told(folder: Path, said: str) -> list[str]:
    """Where the password stands, in any form: in which file, or in what the run said."""
    found = [secret for secret in forms_of(UNTOLD) if secret in said]
    for file in (folder / "reports").rglob("*"):
        if file.is_file():
            text = file.read_bytes()
            found += [str(file) for secret in forms_of(UNTOLD) if secret.encode() in text]
    return found


def test_a_whole_run_beside_it(tmp_path: Path) -> None:
    """Grafana is one of the servers, is asked, leads to the run; its password is nowhere."""
    with session(tmp_path, "-k", "targets or grafana", environment=at_hand(tmp_path)) as one:
        assert one.exit_code(300) == 0, one.said
    report = report_of(tmp_path)
    assert "grafana" in {server["name"] for server in report["stack"]["servers"]}
    checks = {check["id"]: check for check in report["checks"]}
    assert {"grafana.health", "grafana.datasources", "grafana.dashboards"} <= set(checks)
    through = [e for e in checks["grafana.datasources"]["evidence"] if "through" in e["kind"]]
    assert len(through) == 3
    assert report["run_id"].replace("-", "\\-") in through[1]["query"]
    assert all('-u "admin:$GRAFANA_ADMIN_PASSWORD"' in e["repeat"] for e in through)
    assert told(tmp_path, one.said) == []


def test_a_run_that_is_not_let_in_is_unmeasured_and_tells_no_password(tmp_path: Path) -> None:
    """The report of a failure has more in it: the answer, the command, logs, configuration."""
    (tmp_path / "project").mkdir()
    copied = project.copy(tmp_path / "project")
    Edit(COMPOSE, "GF_SECURITY_ADMIN_USER: ", "SMALL_GRAFANA_ADMIN: another\n      "
         "GF_SECURITY_ADMIN_USER: ").apply(copied)  # fmt: skip
    suites, reports = ("targets", "grafana"), tmp_path / "reports"
    seen = project.run_suites(copied, "reference", suites, reports, at_hand(tmp_path))
    asked = ("datasources", "dashboards", "panels", "deployments", "backup", "heartbeat")
    assert seen.red == {f"grafana.{one}": "unmeasured" for one in asked}
    assert "status 401" in seen.said["grafana.datasources"]
    assert (tmp_path / "reports" / "latest" / "stack" / "logs" / "grafana.log").is_file()
    assert told(tmp_path, seen.output) == []
