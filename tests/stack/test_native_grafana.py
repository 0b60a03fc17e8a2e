"""A grafana at hand runs with the stack. The one here is small: no real one can be had."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from smokestack import yaml_file
from smokestack.stack.native import NativeStack
from tests.stack.processes import gone
from tests.stack.real_stack import plan, program, session, started

GRAFANA = f"""#!{sys.executable}
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

print("starting with", sys.argv[1:], flush=True)
seen = {{"argv": sys.argv[1:], "environment": dict(os.environ)}}
Path(os.environ["GF_PATHS_DATA"], "seen.json").write_text(json.dumps(seen))

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({{"database": "ok", "version": "13.2.3"}}).encode()
        self.send_response(200 if self.path == "/api/health" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

address = (os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""

ASKED = {
    "prometheus": "/-/ready",
    "loki": "/ready",
    "tempo": "/ready",
    "jaeger": "/api/services",
}
"""What each data source answers with 200, by type."""


def distribution(folder: Path) -> Path:
    """The program of a small Grafana's distribution."""
    (folder / "conf").mkdir(parents=True)
    (folder / "conf" / "defaults.ini").touch()
    (folder / "bin").mkdir()
    return program(folder / "bin", "grafana", GRAFANA)


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
    assert sources["tempo"]["type"] == here.stack.selection.trace_store
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


def test_its_password_is_nowhere(here: Here) -> None:
    """It has a password of this run's own, which stands in no log and in no file that is kept."""
    password = here.environment["GF_SECURITY_ADMIN_PASSWORD"]
    assert len(password) >= 20
    here.stack.save()
    kept = [file for file in here.keep.rglob("*") if file.is_file()]
    assert here.keep / "logs" / "grafana.log" in kept
    own = [file for file in here.stack.directory.path.glob("*") if file.is_file()]
    assert not [file for file in kept + own if password.encode() in file.read_bytes()]
    assert password not in repr(here.stack)
    assert password not in repr(here.stack.info({}))


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


def test_a_whole_run_beside_it(tmp_path: Path) -> None:
    """A run with a Grafana at hand names it as one of its servers, and its password nowhere."""
    own = {
        "SMOKESTACK_GRAFANA_BINARY": str(distribution(tmp_path / "grafana")),
        "GRAFANA_ADMIN_PASSWORD": "do-not-tell-anybody",
    }
    with session(tmp_path, "-k", "targets", environment=own) as one:
        assert one.exit_code(120) == 0, one.said
    [report] = (tmp_path / "reports").glob("2*/run.json")
    servers = json.loads(report.read_text(encoding="utf-8"))["stack"]["servers"]
    assert "grafana" in {server["name"] for server in servers}
    written = [file for file in (tmp_path / "reports").rglob("*") if file.is_file()]
    assert not [file for file in written if b"do-not-tell-anybody" in file.read_bytes()]
    assert "do-not-tell-anybody" not in one.said
