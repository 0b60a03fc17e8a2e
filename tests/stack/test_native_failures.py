"""A stack that does not come up says why, at once, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from smokestack.errors import MissingBinary, NotReady, PortTaken, ServerExited, UsageError
from smokestack.stack import native, run_directory
from smokestack.stack.ports import Ports
from smokestack.wait import until
from tests.stack.processes import living_in
from tests.stack.real_stack import BLOCKING, ROOT, plan, program, session, started


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stacks of a test live in a folder of its own; nothing of them is left there."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    yield
    assert not living_in(temporary)
    assert not run_directory.home().exists() or not list(run_directory.home().iterdir())


def broken_loki(folder: Path) -> Path:
    """A checkout whose loki.yml has a key that Loki does not know."""
    root = folder / "checkout"
    for part in ("compose", "systems"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("native"))
    (root / "fixtures").symlink_to(ROOT / "fixtures")
    with (root / "compose" / "loki" / "loki.yml").open("a", encoding="utf-8") as file:
        file.write("\nno_such_key: 1\n")
    return root


def test_server_that_exits_ends_the_wait_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although another server will never be ready, the first that ends is told: its last lines,
    its command and its rendered configuration, which can be looked at.
    """
    blocking = program(tmp_path, "prometheus", BLOCKING)
    monkeypatch.setenv("SMOKESTACK_PROMETHEUS_BINARY", str(blocking))
    wanted = plan(tmp_path / "kept", root=broken_loki(tmp_path), ready_s=600.0)
    with pytest.raises(ServerExited) as told, started(wanted):
        pass
    message = told.value.message
    assert re.match(r"loki ended \d+\.\d s after the start with exit code 1\n", message)
    assert "field no_such_key not found" in message
    shown = dict(re.findall(r"^  (command|configuration|log): ([^\n,]+)", message, re.MULTILINE))
    assert "/loki -config.file=" in shown["command"]
    assert "no_such_key: 1" in Path(shown["configuration"]).read_text(encoding="utf-8")
    assert "no_such_key" in Path(shown["log"]).read_text(encoding="utf-8")


def test_server_that_never_becomes_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told after the time it was given, with what it last said and what to do."""
    slow = str(program(tmp_path, "slow", BLOCKING))
    for name in ("PROMETHEUS", "ALERTMANAGER", "LOKI", "OTELCOL", "JAEGER", "NODE_EXPORTER"):
        monkeypatch.setenv(f"SMOKESTACK_{name}_BINARY", slow)
    with pytest.raises(NotReady) as told, started(plan(tmp_path / "kept", ready_s=2.0)):
        pass
    message = told.value.message
    found = re.match(r"([\w-]+) did not become ready in 2 s at http://127.0.0.1:\d+/", message)
    assert found
    assert "could not ask: " in message
    assert f"{tmp_path / 'kept' / 'logs' / found[1]}.log, which ends with:" in message
    assert "--start-timeout" in str(told.value.hint)
    assert (tmp_path / "kept" / "config" / "loki" / "loki.yml").is_file()


def test_start_timeout_and_its_report(tmp_path: Path) -> None:
    """`--start-timeout` bounds the wait of a whole run; nothing was measured, and the one reason
    is shown once.
    """
    slow = program(tmp_path, "slow", BLOCKING)
    with session(
        tmp_path, "--start-timeout", "2", environment={"SMOKESTACK_LOKI_BINARY": str(slow)}
    ) as one:
        assert one.exit_code(180) == 6
        assert " did not become ready in 2 s at http://" in one.said
        assert one.said.count("which ends with:") == 1
        assert not one.runs


@pytest.fixture
def no_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing was installed."""
    monkeypatch.setenv("SMOKESTACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in [key for key in os.environ if re.fullmatch(r"SMOKESTACK_\w+_BINARY", key)]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("no_servers")
def test_missing_servers(tmp_path: Path) -> None:
    """All that is missing is named at once, with the command that installs it."""
    with pytest.raises(MissingBinary) as told, started(plan(tmp_path / "kept")):
        pass
    for name in ("prometheus", "alertmanager", "loki", "otelcol", "jaeger", "node_exporter"):
        assert name in told.value.message
    assert "`smokestack install`" in str(told.value.hint)


def test_missing_servers_end_a_run(tmp_path: Path) -> None:
    """A run without its servers is a usage error: exit code 4, and what helps."""
    empty = {"SMOKESTACK_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    with session(tmp_path, environment=empty) as one:
        assert one.exit_code(180) == 4
        assert "6 servers cannot be had here: prometheus (prometheus 3.15.0) is not" in one.said
        assert "smokestack install" in one.said
        assert "Traceback" not in one.said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#!/bin/sh\necho 'tempo, version 2.10.1 (branch: main)'\n", "is Tempo 2, .* for 3"),
        ("no program at all", "does not say its version: .*Exec format error"),
        ("#!/bin/sh\nexec sleep 600\n", "does not say its version: .*timed out"),
    ],
    ids=["of another major", "no program", "silent"],
)
def test_tempo_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    """A tempo of another major version, or that is none, is a usage error."""
    monkeypatch.setattr("smokestack.stack.native_programs.VERSION_S", 0.5)
    tempo = program(tmp_path, "tempo", text)
    monkeypatch.setenv("SMOKESTACK_TEMPO_BINARY", str(tempo))
    with pytest.raises(UsageError, match=expected) as told, started(plan(tmp_path / "kept")):
        pass
    assert str(tempo) in told.value.message
    assert "SMOKESTACK_TEMPO_BINARY" in str(told.value.hint)


def test_binary_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names no program is told as such."""
    monkeypatch.setenv("SMOKESTACK_LOKI_BINARY", "/no/such/loki")
    with pytest.raises(MissingBinary, match="SMOKESTACK_LOKI_BINARY names /no/such/loki"):
        native.start(plan(tmp_path / "kept"), lambda _: True)


class Snatched:
    """Deals the first port of the first `times` starts to somebody who listens on it already."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left = times
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.dealt: set[int] = set()
        take = Ports.take

        def deal(ports: Ports) -> int:
            if self.left and id(ports) not in self.dealt:
                self.left -= 1
                self.dealt.add(id(ports))
                self.kept = [*getattr(self, "kept", []), ports]
                return self.port
            return take(ports)

        monkeypatch.setattr(Ports, "take", deal)


def test_port_that_is_snatched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port taken between choosing and listening costs one more start, not the run."""
    snatched = Snatched(monkeypatch, 1)
    with closing(snatched.listener), started(plan(tmp_path / "kept")) as stack:
        stack.check_alive()
        assert snatched.port not in stack.layout.ports.values()


def test_port_that_is_snatched_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At last the message names the port and who holds it."""
    monkeypatch.setattr(native, "ATTEMPTS", 2)
    snatched = Snatched(monkeypatch, 2)
    with (
        closing(snatched.listener),
        pytest.raises(PortTaken) as told,
        started(plan(tmp_path / "kept")),
    ):
        pass
    assert told.value.message.startswith("prometheus ended ")
    assert f"port {snatched.port} is held by pid {os.getpid()}" in told.value.message
    assert not snatched.left


def test_interrupt_while_servers_start(tmp_path: Path) -> None:
    """Ctrl-C does not wait for a server that is still starting."""
    slow = program(tmp_path, "slow", BLOCKING)
    with session(tmp_path, environment={"SMOKESTACK_LOKI_BINARY": str(slow)}) as one:
        assert until(lambda: list((tmp_path / "tmp").rglob("loki.log")), within_s=60).met
        one.process.send_signal(signal.SIGINT)
        assert one.exit_code(90) == 2
        assert not one.living()
        assert not one.runs
