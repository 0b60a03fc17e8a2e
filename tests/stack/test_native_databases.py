"""PostgreSQL, Redis and their exporters run natively, where this machine has their programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from smokestack.stack.native import NativeStack
from smokestack.stack.ports import LOOPBACK
from smokestack.wait import until
from tests.stack.databases import SERVERS, require
from tests.stack.processes import gone
from tests.stack.real_stack import plan, started

EXPORTED = {
    "postgres-exporter": ("pg_up 1", "pg_settings_max_connections", "pg_stat_activity_count"),
    "redis-exporter": ("redis_up 1", "redis_memory_max_bytes 6.7108864e+07"),
}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """Those four servers and no others."""
    require()
    wanted = plan(tmp_path_factory.mktemp("kept"), system="social-selling", only=SERVERS)
    with started(wanted) as stack:
        yield stack


@pytest.mark.parametrize("exporter", EXPORTED)
def test_exporters_see_their_servers(databases: NativeStack, exporter: str) -> None:
    """With passwords that nobody was told, over the ports of this run."""
    url = f"{databases.endpoints()[exporter].url}/metrics"
    shown = until(
        lambda: httpx.get(url, timeout=10).text,
        lambda text: all(wanted in text for wanted in EXPORTED[exporter]),
        within_s=10,
    )
    assert shown.met, shown.value


def test_only_what_was_declared_listens(databases: NativeStack) -> None:
    """On loopback, at the ports of this run."""
    supervisor = psutil.Process(databases.supervisor.pid)
    listening = {
        connection.laddr
        for process in supervisor.children(recursive=True)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    declared = databases.blueprint.rendered
    ports = {
        databases.layout.ports[name, port]
        for name in SERVERS
        for port in declared[name].service.extension.listen.values()
    }
    assert listening == {(LOOPBACK, port) for port in ports}


def test_no_password_is_told(databases: NativeStack) -> None:
    """Not in the arguments, and to nobody else in a file."""
    secrets = databases.blueprint.rendered["postgres"].service.secrets
    assert len(secrets) == 2
    for child in databases.children:
        told = " ".join(psutil.Process(child.pid).cmdline())
        assert not [name for name, value in secrets.items() if value in told]
    files = [file for file in (databases.folder / "secrets").rglob("*") if file.is_file()]
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}


def test_nothing_outlives_the_run(databases: NativeStack) -> None:
    """Backends of PostgreSQL have sessions of their own: they end with it all the same."""
    processes = psutil.Process(databases.supervisor.pid).children(recursive=True)
    assert len(processes) > len(SERVERS)
    databases.close()
    assert gone(processes, within_s=2).met
    assert not Path(databases.folder).exists()
