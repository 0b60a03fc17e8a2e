"""A line of the host: written into the run's own folder, and looked for in both places."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from smokestack.drive.host_logs import HostLine, ship
from smokestack.endpoints import Endpoint
from smokestack.errors import Unreachable
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.loki import Loki
from smokestack.stack.compose_file import read_services
from smokestack.stack.native_layout import NativeLayout
from smokestack.stack.passwords import passwords
from smokestack.system import given
from smokestack.system.signals import HostLogs
from smokestack.timings import Timings
from tests.unit.judged import SYSTEM

ROOT = Path(__file__).parents[2]
HOST = HostLogs(selector='{job="host"}', file_label="filename")
LOGS = given(SYSTEM.logs).model_copy(update={"host": HOST})
DEADLINES = Deadlines(Timings(0, 0, 0, 0.001, 0.001, 0, 0, 0, 0, 0))


def shipped(folder: Path, answered: str) -> HostLine:
    """What is found where a shipper gives all lines of the folder to one selector."""

    def loki(request: httpx.Request) -> httpx.Response:
        selector, _, mark = request.url.params["query"].partition(" |= ")
        lines = [
            [str(time.time_ns()), line]
            for file in folder.iterdir()
            for line in file.read_text(encoding="utf-8").splitlines()
            if selector == answered and mark.strip("`") in line
        ]
        streams = [{"stream": {"job": "host"}, "values": lines}] if lines else []
        return httpx.Response(200, json={"data": {"resultType": "streams", "result": streams}})

    edge = Edge(
        Endpoint("loki", "http://loki.test"), calls=CallLog(), transport=httpx.MockTransport(loki)
    )
    return ship(Loki(edge), LOGS, folder, "a-run", DEADLINES)


def test_the_line_is_found_where_it_belongs(tmp_path: Path) -> None:
    """By the run's id; everybody may read the file that it was written to."""
    (tmp_path / "of-another-run.log").write_text("another-run-host wrote this\n", encoding="utf-8")
    seen = shipped(tmp_path, HOST.selector)
    assert ([line.labels["job"] for line in seen.lines], seen.strays) == (["host"], [])
    assert "a-run-host" in seen.lines[0].text
    assert (tmp_path / seen.file).stat().st_mode & 0o444 == 0o444
    assert [one.observed for one in seen.asked] == ["1 lines", "0 lines"]


def test_one_among_the_applications_is_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is not where it belongs."""
    monkeypatch.setattr("smokestack.judge.deadlines.MARGIN_S", 0.05)
    seen = shipped(tmp_path, LOGS.selector)
    assert (seen.waited.met, seen.lines, len(seen.strays)) == (False, [], 1)


def test_where_loki_cannot_be_asked_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not the shipper's fault."""
    monkeypatch.setattr("smokestack.judge.deadlines.MARGIN_S", 0.05)
    closed = Edge(Endpoint("loki", "http://127.0.0.1:1"), calls=CallLog())
    with pytest.raises(Unreachable):
        ship(Loki(closed), LOGS, tmp_path, "a-run", DEADLINES)


def test_a_run_never_reads_the_hosts_own_logs(tmp_path: Path) -> None:
    """Natively neither, whatever the variable says: a folder of the run's is in their place."""
    services = read_services(
        ROOT / "compose" / "compose.yaml", {**passwords(), "HOST_LOGS": "/var/log"}
    )
    collector = services["otel-collector"]
    layout = NativeLayout(tmp_path, ROOT, {}, {})
    assert "/var/log" in {mount.source for mount in collector.mounts}
    assert layout.paths(collector)["/var/log/host"] == str(tmp_path / "host-logs")
