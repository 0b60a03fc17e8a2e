"""The native backend starts the servers of compose.yaml, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import psutil
import pytest

from smokestack.clients import ready_probe
from smokestack.errors import ServerExited
from smokestack.stack import kept, native, run_directory
from smokestack.stack.native import NativeStack
from tests.stack.processes import alive, end, gone
from tests.stack.real_stack import plan, started


@pytest.fixture(scope="module")
def native_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """One stack for the tests that only look."""
    with started(plan(tmp_path_factory.mktemp("kept"))) as stack:
        yield stack


def answers(stack: NativeStack) -> dict[str, bool]:
    """Whether each server says that it is ready, now."""
    with ready_probe() as probe:
        return {name: probe(stack.blueprint.ready_url(name)) for name in stack.blueprint.rendered}


def everything(stack: NativeStack) -> list[psutil.Process]:
    """The supervisor and all below it."""
    supervisor = psutil.Process(stack.supervisor.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def test_every_server_is_ready(native_stack: NativeStack) -> None:
    """Each server of the profile runs, says that it is ready, and is in the report."""
    expected = {child.name for child in native_stack.children}
    store = native_stack.blueprint.selection.trace_store
    always = {"prometheus", "alertmanager", "loki", "otel-collector", "node-exporter",
              "gateway", "backend", "webhook", store}  # fmt: skip
    assert expected - always <= {"grafana"}
    assert expected >= always
    assert answers(native_stack) == dict.fromkeys(expected, True)
    info = native_stack.info({"loki": "3.7.8"})
    assert {server.name for server in info.servers} == expected
    assert next(s.version for s in info.servers if s.name == "loki") == "3.7.8"
    assert all(0 < server.ready_s <= info.ready_s for server in info.servers)
    native_stack.check_alive()


def test_what_stands_in_is_said(native_stack: NativeStack) -> None:
    """Without a tempo binary Jaeger takes its place, and the report has the reason."""
    standins = [one for one in native_stack.info({}).standins if one.instead_of == "tempo"]
    if native_stack.blueprint.selection.trace_store == "tempo":
        assert not standins
        return
    [one] = standins
    assert (one.name, one.instead_of) == ("jaeger", "tempo")
    assert "SMOKESTACK_TEMPO_BINARY" in one.reason


def test_no_undeclared_socket(native_stack: NativeStack) -> None:
    """What listens is what compose.yaml declares, on loopback, and all of that."""
    pids = {process.pid for process in everything(native_stack)}
    listening = {
        tuple(connection.laddr)
        for connection in psutil.net_connections(kind="inet")
        if connection.pid in pids
        and (connection.status == psutil.CONN_LISTEN or connection.type is socket.SOCK_DGRAM)
        and not connection.raddr
    }
    allocated = set(native_stack.layout.ports.values())
    assert {ip for ip, _ in listening} == {"127.0.0.1"}
    assert {port for _, port in listening} == allocated


def test_rendered_files_name_no_port_of_compose(native_stack: NativeStack) -> None:
    """Everything that was rendered points to this stack's own ports."""
    shipped = {f":{port}" for _, port in native_stack.layout.ports}
    for one in native_stack.blueprint.rendered.values():
        text = " ".join([*one.arguments, *one.environment.values()])
        assert not [port for port in shipped if text.endswith(port) or f"{port} " in text]


def test_two_stacks_side_by_side(
    native_stack: NativeStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two stacks share no port; closing one leaves no process and no folder of it, and the other
    one in peace.
    """
    with started(plan(tmp_path_factory.mktemp("second"))) as second:
        assert not set(second.layout.ports.values()) & set(native_stack.layout.ports.values())
        assert all(answers(second).values())
        assert all(answers(native_stack).values())
        processes = everything(second)
        assert len(processes) > len(second.children)
    assert not [process for process in processes if alive(process)]
    assert not second.directory.path.exists()
    assert all(answers(native_stack).values())
    native_stack.check_alive()
    assert native_stack.directory.path.is_dir()


def test_a_run_folder_is_the_users_own(native_stack: NativeStack) -> None:
    """Nobody else may look into the folder of a running stack."""
    assert native_stack.directory.path.stat().st_mode & 0o077 == 0
    assert native_stack.directory.path.stat().st_uid == os.getuid()


def test_servers_get_a_clean_environment(native_stack: NativeStack) -> None:
    """No variable of this process reaches a server, but for a few that say where things are."""
    [loki] = [child for child in native_stack.children if child.name == "loki"]
    names = set(psutil.Process(loki.pid).environ())
    assert names <= {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"}


def test_stopped_server_is_noticed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A server that is killed while the run goes on is told by name; closing works all the same."""
    with started(plan(tmp_path_factory.mktemp("third"))) as stack:
        [victim] = [child for child in stack.children if child.name == "node-exporter"]
        process = psutil.Process(victim.pid)
        process.kill()
        assert gone([process]).met
        assert victim.ended.wait(10)
        with pytest.raises(ServerExited, match="node-exporter ended while the run went on") as told:
            stack.check_alive()
        assert "with exit code -9" in str(told.value)
        processes = everything(stack)
    assert not [one for one in processes if alive(one)]


def test_kept_stack(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack that is left running is found with its addresses, and ended by its id."""
    folder = tmp_path_factory.mktemp("fourth")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with ready_probe() as probe:
        stack = native.start(plan(folder / "kept"), probe)
    processes = everything(stack)
    try:
        stack.detach()
        os.close(stack.directory.lock)  # as when this process ends
        stack.ports.release()
        assert run_directory.sweep() == []
        [found] = kept.running()
        assert (found.run_id, found.system, found.pace) == (stack.plan.run_id, "reference", "fast")
        assert found.urls["prometheus"] == stack.layout.url("prometheus", 9090)
        assert all(answers(stack).values())
        kept.end(found)
        assert gone(processes, within_s=2).met
        assert kept.running() == []
        assert not stack.directory.path.exists()
    finally:
        end(processes)
