"""RabbitMQ runs natively, where this machine has it, and messages are left waiting in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from smokestack.stack.native import NativeStack
from smokestack.wait import until
from tests.stack.databases import QUEUE, require
from tests.stack.processes import gone
from tests.stack.real_stack import plan, started

SERVERS = ("rabbitmq", "crm-service")
SOON_S = 10.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """RabbitMQ, and the service that sends messages to it."""
    require(QUEUE)
    wanted = plan(tmp_path_factory.mktemp("kept"), system="nexo-crm", only=SERVERS)
    with started(wanted) as running:
        yield running


def test_messages_are_left_waiting(stack: NativeStack) -> None:
    """More, fewer, and none again, as RabbitMQ itself counts them."""
    faults = f"{stack.endpoints()['crm-service'].url}/-/faults"
    metrics = f"{stack.endpoints()['rabbitmq'].url}/metrics"

    def left(messages: int | None) -> int:
        body = {"amounts": {"rabbitmq_messages": messages}}
        return httpx.patch(faults, json=body, timeout=SOON_S).status_code

    def waiting() -> list[str]:
        lines = httpx.get(metrics, timeout=SOON_S).text.splitlines()
        return [line for line in lines if line.startswith("rabbitmq_queue_messages ")]

    # Its metrics are there a moment before it takes connections.
    assert until(lambda: left(7), lambda status: status == 200, within_s=SOON_S).met
    for messages in (7, 1200, 3, None):
        assert left(messages) == 200
        wanted = [f"rabbitmq_queue_messages {messages or 0}"]
        shown = until(waiting, wanted.__eq__, within_s=SOON_S)
        assert shown.met, shown.value


def test_only_what_was_declared_listens(stack: NativeStack) -> None:
    """On loopback, at the ports of this run; epmd on that of IPv6 too."""
    processes = psutil.Process(stack.supervisor.pid).children(recursive=True)
    listening = {
        connection.laddr
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    declared = stack.blueprint.rendered
    ports = {
        stack.layout.ports[name, port]
        for name in SERVERS
        for port in declared[name].service.extension.listen.values()
    }
    assert {address.port for address in listening} == ports
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_nothing_outlives_the_run(stack: NativeStack) -> None:
    """Not epmd, nor what Erlang starts in sessions of its own; and no cookie is left at home."""
    processes = psutil.Process(stack.supervisor.pid).children(recursive=True)
    names = {process.name() for process in processes}
    assert {"epmd", "beam.smp", "erl_child_setup"} <= names
    cookie = Path.home() / ".erlang.cookie"
    before = cookie.stat().st_mtime if cookie.exists() else None
    stack.close()
    assert gone(processes, within_s=2).met
    assert not Path(stack.folder).exists()
    assert (cookie.stat().st_mtime if cookie.exists() else None) == before
