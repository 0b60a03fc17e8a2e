"""Another configuration while Prometheus runs, and stored data read by another program."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from smokestack import yaml_file
from smokestack.drive.arrivals import Sent
from smokestack.drive.log_backups import read_back
from smokestack.drive.reloading import ADDED, reloads
from smokestack.drive.snapshots import dumped, take
from smokestack.endpoints import Endpoint
from smokestack.errors import StackError, Unreachable
from smokestack.observe.administration import Administration
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.loki import Loki
from smokestack.processes import Ran
from smokestack.samples import Series
from smokestack.stack import native_restored
from smokestack.stack.container_restored import restored
from smokestack.stack.container_tool import fetch_from_container
from smokestack.stack.container_watch import container_of
from smokestack.stack.engine import Engine
from tests.unit.judged import SYSTEM, ledger, request

OWN = "# ours\nscrape_configs:\n- job_name: app\n"
DUMP = """{__name__="up", instance="app:1", job="app"} 1 1795282919158
{__name__="requests_total", job="app", route="/orders/{id}", note="a \\"b\\""} 3.5 1795282919658
{__name__="up", instance="app:1", job="app"} NaN 1795282919658
promtool says something
"""


class _Prometheus:
    """Reads its file when told to, as Prometheus does; goes away at the n-th question."""

    def __init__(self, file: Path, gone_at: int = 0) -> None:
        self.file, self.gone_at = file, gone_at
        self.asked, self.at, self.good, self.jobs = 0, 1.0, True, ["app"]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked == self.gone_at:
            raise httpx.ConnectError("refused")
        if request.url.path == "/-/reload":
            return self._reload()
        if request.url.path == "/metrics":
            return httpx.Response(200, text=(
                f"prometheus_config_last_reload_success_timestamp_seconds {self.at}\n"
                f"prometheus_config_last_reload_successful {int(self.good)}\n"
                "process_start_time_seconds 1\n"
            ))  # fmt: skip
        return httpx.Response(200, json={"data": {"scrapePools": self.jobs}})

    def _reload(self) -> httpx.Response:
        jobs = [one["job_name"] for one in yaml_file.read(self.file).data["scrape_configs"]]
        self.good = len(jobs) == len(set(jobs))
        if not self.good:
            return httpx.Response(500, text="found multiple scrape configs")
        self.jobs, self.at = jobs, self.at + 1
        return httpx.Response(200)


def administration(server: _Prometheus) -> Administration:
    """A client of it."""
    transport = httpx.MockTransport(server)
    endpoint = Endpoint("prometheus", "http://prometheus.test")
    return Administration(Edge(endpoint, calls=CallLog(), transport=transport))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The configuration that it reads."""
    path = tmp_path / "prometheus.yml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_a_job_is_added_broken_and_taken_away_again(file: Path) -> None:
    """The file is the one that it was, in the very same place: a container has it mounted."""
    inode = file.stat().st_ino
    seen = reloads(administration(_Prometheus(file)), file, 1.0)
    assert seen.changed is not None
    assert seen.broken is not None
    assert seen.changed.jobs == seen.broken.jobs == {"app", ADDED}
    assert (seen.changed.successful, seen.broken.successful) == (True, False)
    assert seen.refused_broken == "500 found multiple scrape configs"
    assert seen.restored is not None
    assert seen.restored.jobs == {"app"}
    assert (file.read_text(encoding="utf-8"), file.stat().st_ino) == (OWN, inode)


@pytest.mark.parametrize("gone_at", range(3, 12))
def test_the_file_is_put_back_whatever_happens(file: Path, gone_at: int) -> None:
    """Also where Prometheus goes away at any question in between."""
    server = _Prometheus(file, gone_at)
    try:
        reloads(administration(server), file, 0.2)
    except Unreachable:
        assert server.jobs == ["app"]
    assert file.read_text(encoding="utf-8") == OWN


def test_the_dump_of_promtool_becomes_samples() -> None:
    """Labels may hold quotes and braces; markers of staleness and other lines are no samples."""
    first, second = dumped(DUMP)
    assert first == Series("up", {"instance": "app:1", "job": "app"}, 1.0, 1795282919.158)
    assert second.labels == {"job": "app", "route": "/orders/{id}", "note": 'a "b"'}
    assert second.value == 3.5


def snapshot_of(tmp_path: Path, ran: Ran) -> tuple[str | None, int, int]:
    """What comes of a snapshot of five bytes, where promtool ends like that."""
    answers = {
        "/api/v1/admin/tsdb/snapshot": {"data": {"name": "one"}},
        "/api/v1/status/flags": {"data": {"storage.tsdb.path": "/data"}},
    }
    transport = httpx.MockTransport(lambda r: httpx.Response(200, json=answers[r.url.path]))
    edge = Edge(Endpoint("prometheus", "http://p.test"), calls=CallLog(), transport=transport)

    def fetch(path: str, to: Path) -> None:
        assert path == "/data/snapshots/one"
        to.mkdir()
        (to / "chunk").write_text("12345", encoding="utf-8")

    def run(tool: str, arguments: object, folder: Path) -> Ran:
        assert (tool, arguments) == ("promtool", ["tsdb", "dump", "--match={a}", "."])
        assert (folder / "wal").is_dir()
        return ran

    taken = take(Administration(edge), "{a}", fetch, run, tmp_path / "snapshot")
    return taken.failed, taken.size, len(taken.samples)


def test_a_snapshot_is_fetched_and_read_by_promtool(tmp_path: Path) -> None:
    """Where promtool cannot read it, its words are the reason."""
    assert snapshot_of(tmp_path, Ran(0, DUMP)) == (None, 5, 2)
    (tmp_path / "other").mkdir()
    failed, _, samples = snapshot_of(tmp_path / "other", Ran(1, "corrupt block"))
    assert failed == "promtool cannot read the snapshot: corrupt block"
    assert samples == 0


class _Engine:
    """An engine whose container has one folder, with one file of that name in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, container: str, path: str) -> bytes:
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as archive:
            one = tarfile.TarInfo(self.name)
            one.size = 5
            archive.addfile(one, io.BytesIO(b"12345"))
        return held.getvalue()


def test_a_folder_of_a_container_is_unpacked_here_and_nowhere_else(tmp_path: Path) -> None:
    """What would lie outside of it is refused."""
    to = tmp_path / "here"
    fetch_from_container(cast(Engine, _Engine("one/block/meta")), "id", "/data/one", to)
    assert (to / "block" / "meta").read_text(encoding="utf-8") == "12345"
    bad = cast(Engine, _Engine("one/../../outside"))
    with pytest.raises(StackError, match="/data/one cannot be copied"):
        fetch_from_container(bad, "id", "/data/one", tmp_path / "there")
    assert not (tmp_path / "outside").exists()


class _Twin(_Engine):
    """Notes what a second container is made of."""

    def __init__(self) -> None:
        super().__init__("loki/wal/1")
        self.done: list[object] = []

    @contextlib.contextmanager
    def like(self, *given: object) -> Iterator[str]:
        self.done.append(given)
        yield "second"
        self.done.append("removed")

    def put(self, container: str, folder: str, archive: bytes) -> None:
        self.done.append((container, folder, archive == self.get("first", "/loki")))

    def start(self, container: str) -> None:
        self.done.append(f"{container} started")


def test_a_second_container_has_a_copy_of_the_data_before_it_starts() -> None:
    """In the same place, and of nothing but its own."""
    engine, port = _Twin(), (3100, 20100)
    labels = {"dev.smokestack.run": "r"}
    with restored(
        cast(Engine, engine), "first", "loki-restored", ["/loki"], port, labels
    ) as endpoint:
        assert endpoint.url == "http://127.0.0.1:20100"
    with_service = {**labels, "com.docker.compose.service": "loki-restored"}
    assert engine.done == [
        ("first", ["/loki"], port, with_service),
        ("second", "/", True),
        "second started",
        "removed",
    ]


def test_what_goes_away_while_it_is_copied_was_not_to_stay(tmp_path: Path) -> None:
    """What is there and cannot be copied is no backup."""
    live = tmp_path / "live"
    live.mkdir()
    (live / "segment").write_text("1", encoding="utf-8")
    (live / "gone").symlink_to(tmp_path / "nowhere")
    native_restored._copy(live, tmp_path / "one")
    assert (tmp_path / "one" / "segment").is_file()
    os.mkfifo(live / "pipe")
    with pytest.raises(StackError, match="named pipe"):
        native_restored._copy(live, tmp_path / "two")


@pytest.mark.parametrize("status", [200, 503])
def test_a_second_loki_is_asked_once_it_is_ready(status: int) -> None:
    """One that is not yet ready would count less."""
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        answer = {"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "2"]}]}}
        return httpx.Response(status, json=answer)

    transport = httpx.MockTransport(handler)
    loki = Loki(Edge(Endpoint("loki", "http://l.test"), calls=CallLog(), transport=transport))
    sent = Sent("run", ("smoke",), ledger(request(1)))
    seen = read_back(loki, SYSTEM, sent, 0.1)
    assert seen.ready.met is (status == 200)
    assert len(seen.counted) == (status == 200)
    assert ("/loki/api/v1/query" in asked) is (status == 200)


def test_log_options_are_read_as_the_engine_has_them() -> None:
    """Docker says `json-file` without options for a container that was given none."""
    given = {"Type": "json-file", "Config": {"max-file": "3", "max-size": "10m"}}
    inspected = {"Name": "/loki", "Config": {"Image": "loki"}, "HostConfig": {"LogConfig": given}}
    assert container_of(inspected, "loki", ()).log_options == given["Config"]
    inspected["HostConfig"] = {"LogConfig": {"Type": "json-file", "Config": {}}}
    assert container_of(inspected, "loki", ()).log_options == {}
