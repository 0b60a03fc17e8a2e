"""The Docker backend starts the services of compose.yaml, and leaves nothing in the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from smokestack.clients import ready_probe
from smokestack.stack import kept, leftovers, run_directory
from smokestack.stack.docker import DockerStack
from smokestack.stack.docker_start import project_name
from smokestack.stack.engine_connect import connect
from tests.docker.real_containers import (
    checkout,
    containers_of,
    docker,
    left_of,
    own_home,
    remove_all_of,
    started,
)
from tests.stack.processes import alive, gone
from tests.stack.real_stack import ROOT, plan, session

SMALL = ("node-exporter", "alertmanager")
"""Services that start quickly, for what one service shows as well as nine."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder below which all stacks of this file run."""
    with own_home(tmp_path_factory.mktemp("home")) as folder:
        yield folder


@pytest.fixture(scope="module")
def stack(home: Path) -> Iterator[DockerStack]:
    """One whole stack for the tests that only look."""
    with started(plan(home / "kept")) as running:
        yield running


@pytest.fixture(scope="module")
def inspected(stack: DockerStack) -> dict[str, dict[str, Any]]:
    """What the engine itself tells of each container, by service."""
    wanted = f"label=dev.smokestack.run={stack.plan.run_id}"
    found = json.loads(docker("inspect", *docker("ps", "-aq", "--filter", wanted).split()))
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}


def answers(stack: DockerStack) -> dict[str, bool]:
    """Whether each server says that it is ready, now."""
    names = stack.plan.only or stack.blueprint.rendered
    with ready_probe() as probe:
        return {name: probe(stack.blueprint.ready_url(name)) for name in names}


def test_what_the_servers_store_is_seen(stack: DockerStack) -> None:
    """Of those that have volumes: as much as is in them by the engine's host, or near it."""
    stack._disk._next = 0.0
    held = {role: one.disk for role, one in stack.usage().items()}
    prometheus = stack._containers()["prometheus"]
    name = next(m["Name"] for m in prometheus["Mounts"] if m["Destination"] == "/prometheus")
    inside = docker("volume", "inspect", "--format", "{{.Mountpoint}}", name).strip()
    there = sum(file.stat().st_size for file in Path(inside).rglob("*") if file.is_file())
    assert held["prometheus"] == pytest.approx(there, rel=0.5)
    assert held["loki"]
    assert held["node-exporter"] is None


def test_every_server_is_ready(stack: DockerStack, inspected: dict[str, dict[str, Any]]) -> None:
    """Each service of the profile runs in a container of its own, answers, and is reported."""
    store = stack.blueprint.selection.trace_store
    always = {"prometheus", "alertmanager", "loki", "otel-collector", "node-exporter",
              "gateway", "backend", "webhook", store}  # fmt: skip
    assert set(inspected) - always <= {"grafana", "cadvisor", "container-logs"}
    assert set(inspected) >= always
    assert answers(stack) == dict.fromkeys(inspected, True)
    info = stack.info({"loki": "3.7.8"})
    assert info.backend == "docker"
    assert {server.name for server in info.servers} == set(inspected)
    assert next(s.version for s in info.servers if s.name == "loki") == "3.7.8"
    assert all(0 < server.ready_s <= info.ready_s for server in info.servers)
    stack.check_alive()


def test_stand_in_images_are_named(stack: DockerStack) -> None:
    """The report names every image that is not what it is called."""
    names = set(docker("images", "--filter", "label=dev.smokestack.stand-in",
                       "--format", "{{.Repository}}:{{.Tag}}").split())  # fmt: skip
    used = {one.service.image for one in stack.blueprint.rendered.values()}
    told = {one.instead_of for one in stack.info({}).standins}
    assert used & names == used & told


def test_published_on_loopback_alone(
    stack: DockerStack, inspected: dict[str, dict[str, Any]]
) -> None:
    """Only what we ask is published, at 127.0.0.1, and nothing listens for other machines."""
    published = {
        (where["HostIp"], int(where["HostPort"]))
        for one in inspected.values()
        for places in one["NetworkSettings"]["Ports"].values()
        for where in places or ()
    }
    layout = stack.blueprint.layout
    asked = {int(url.rpartition(":")[2]) for url in (
        endpoint.url for endpoint in stack.endpoints().by_role.values())}  # fmt: skip
    assert {address for address, _ in published} == {"127.0.0.1"}
    assert asked <= {port for _, port in published}
    assert {port for _, port in published} == set(layout.published.values())  # type: ignore[attr-defined]
    listening = {
        c.laddr.ip
        for c in psutil.net_connections("inet")
        if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port in asked
    }
    assert listening <= {"127.0.0.1"}  # none where the engine forwards without a process


def test_rendered_configuration_is_read(
    stack: DockerStack, inspected: dict[str, dict[str, Any]]
) -> None:
    """The files of this run are mounted, read-only, and Prometheus goes by them."""
    for name, one in stack.blueprint.rendered.items():
        mounts = {mount["Destination"]: mount for mount in inspected[name]["Mounts"]}
        for target in one.service.extension.config:
            assert mounts[target]["Source"].startswith(f"{stack.folder}/config/{name}/")
            assert not mounts[target]["RW"]
    address = stack.endpoints()["prometheus"].url
    config = httpx.get(f"{address}/api/v1/status/config").json()["data"]["yaml"]
    assert stack.factor > 1
    assert "scrape_interval: 250ms" in config


def test_limits_are_applied(inspected: dict[str, dict[str, Any]]) -> None:
    """Memory and processors are limited as compose.yaml and the system's environment say."""
    limits = {
        name: (one["HostConfig"]["Memory"], one["HostConfig"]["NanoCpus"])
        for name, one in inspected.items()
    }
    assert limits["loki"] == (2**30, 10**9)
    assert limits["node-exporter"] == (64 * 2**20, 5 * 10**8)
    assert all(memory and processors for memory, processors in limits.values())


def test_everything_has_the_label_of_its_run(stack: DockerStack, home: Path) -> None:
    """What Compose made for the run can be found by our own label: else it could not be reaped."""
    wanted = f"label=com.docker.compose.project={project_name(stack.plan.run_id)}"
    made = [
        *docker("ps", "-a", "--filter", wanted, "--format", "{{.Names}}").split(),
        *docker("network", "ls", "--filter", wanted, "--format", "{{.Name}}").split(),
        *docker("volume", "ls", "--filter", wanted, "--format", "{{.Name}}").split(),
    ]
    assert sorted(made) == sorted(left_of(home))


def test_two_at_once_and_closing_one(stack: DockerStack, home: Path) -> None:
    """Two stacks share nothing; closing one, even twice, leaves nothing of it and the other one
    in peace.
    """
    before = left_of(home)
    with started(plan(home / "second", only=SMALL)) as second:
        mine, theirs = (one.blueprint.layout.published for one in (stack, second))  # type: ignore[attr-defined]
        assert not set(mine.values()) & set(theirs.values())
        assert all(answers(second).values())
        assert len(containers_of(home)) == len(stack.blueprint.rendered) + len(SMALL)
        supervisor = psutil.Process(second.supervisor.pid)
        second.close()
        assert not alive(supervisor)
        assert not second.folder.exists()
        assert sorted(left_of(home)) == sorted(before)
    assert all(answers(stack).values())
    stack.check_alive()


def test_kept_stack(home: Path) -> None:
    """A stack that is left running is reaped by no other run, and is ended by its id."""
    with started(plan(home / "third", only=SMALL)) as stack:
        supervisor = psutil.Process(stack.supervisor.pid)
        stack.detach()
        os.close(stack.directory.lock)  # as when this process ends
        stack.ports.release()
    engine = connect()
    assert run_directory.sweep() == []
    assert leftovers.reap(engine) == []
    engine.close()
    [found] = [one for one in kept.running() if one.run_id == stack.plan.run_id]
    assert (found.backend, found.system, found.pace) == ("docker", "reference", "fast")
    assert httpx.get(found.urls["alertmanager"] + "/-/ready").is_success
    kept.end(found)
    assert gone([supervisor], within_s=2).met
    assert not [name for name in left_of(home) if found.run_id in name]
    assert found not in kept.running()


def test_files_of_a_careful_user(home: Path) -> None:
    """Where files are made for their owner alone, other users in containers still read them."""
    before = os.umask(0o077)
    try:
        with started(plan(home / "careful", only=("loki",), ready_s=20.0)) as stack:
            assert stack.folder.stat().st_mode & 0o077 == 0
            stack.check_alive()
    finally:
        os.umask(before)


def test_no_stray_variable(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the user's shell nor a .env for starts by hand changes what a run starts."""
    root = checkout(tmp_path)
    for folder in (root, root / "compose"):
        (folder / ".env").write_text("APP_ENVIRONMENT=stray\n", encoding="utf-8")
    monkeypatch.setenv("APP_ENVIRONMENT", "stray")
    with started(plan(home / "stray", root=root, only=("backend",))) as stack:
        [container] = stack.engine.containers(run=stack.plan.run_id)
        assert "APP_ENVIRONMENT=local" in stack.engine.inspect(container["Id"])["Config"]["Env"]


def test_suites(tmp_path: Path) -> None:
    """`pytest suites/ --stack docker` is met, says what it ran on, and leaves nothing."""
    with session(tmp_path, "--stack", "docker", "-k", "targets or logs") as one:
        try:
            assert one.exit_code(300) == 0, one.said
            assert " in containers at pace fast " in one.said
            data = json.loads((tmp_path / "reports/latest/run.json").read_text(encoding="utf-8"))
            assert data["stack"]["backend"] == "docker"
            others = {c["id"]: c["verdict"] for c in data["checks"] if c["verdict"] != "met"}
            assert others == {"logs.host": "skipped"}, "nothing of the host is promised"
            standins = {(s["name"], s["instead_of"]) for s in data["stack"]["standins"]}
            assert not standins or ("loki", "grafana/loki:3.7.8") in standins
            assert left_of(tmp_path / "tmp") == []
            assert not one.runs
            assert not one.living()
        finally:
            remove_all_of(tmp_path / "tmp")


def smokestack(temporary: Path, *arguments: str) -> str:
    """What the command says."""
    done = subprocess.run(
        [sys.executable, "-c", "from smokestack.cli import main; main()", *arguments],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_keep_stack(tmp_path: Path) -> None:
    """`--keep-stack` leaves containers that answer; `smokestack down` removes all of them."""
    with session(tmp_path, "--stack", "docker", "-k", "test_jobs", "--keep-stack") as one:
        try:
            assert one.exit_code(300) == 0, one.said
            assert f"smokestack down {one.runs[0]}" in one.said
            assert len(containers_of(tmp_path / "tmp")) >= 9
            [ready] = [line.split()[1] for line in one.said.splitlines() if "  loki " in line]
            assert httpx.get(f"{ready}/ready").is_success
            assert f"ended {one.runs[0]}" in smokestack(tmp_path / "tmp", "down", one.runs[0])
            assert left_of(tmp_path / "tmp") == []
            assert not one.runs
            assert not one.living()
        finally:
            remove_all_of(tmp_path / "tmp")
