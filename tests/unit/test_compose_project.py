"""Compose's own words become ours; its commands are bounded and see no stray variable."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import psutil
import pytest

from smokestack.errors import PortTaken, StackError
from smokestack.stack import run_directory
from smokestack.stack.compose_project import Project, explained
from smokestack.wait import until

CREATED = """ Network run_observability  Creating
 Network run_observability  Created
 Container run-a-1  Creating
 Container run-a-1  Created
 Container run-a-1  Starting
"""
DRIVER = "driver failed programming external connectivity on endpoint run-a-1 (9cf6bd673e20): "
DAEMON = "Error response from daemon: "
COMMAND = ["docker", "compose", "-f", "compose.yaml", "up", "--detach"]


@pytest.mark.parametrize(
    "error",
    [  # engines 20.10, 20.10 (held by another container), 28, and Docker Desktop
        (
            f"{DRIVER}Error starting userland proxy: listen tcp4 127.0.0.1:29999: bind: "
            "address already in use"
        ),
        f"{DRIVER}Bind for 127.0.0.1:29998 failed: port is already allocated",
        "failed to bind host port 127.0.0.1:29999/tcp: address already in use",
        (
            "ports are not available: exposing port TCP 127.0.0.1:29999 -> 127.0.0.1:0: listen tcp "
            "127.0.0.1:29999: bind: Only one usage of each socket address is normally permitted."
        ),
    ],
)
def test_port_that_was_taken(error: str) -> None:
    """However an engine words it, it is tried again."""
    told = explained(f"{CREATED}{DAEMON}{error}\n", COMMAND)
    assert isinstance(told, PortTaken)
    assert told.message.endswith(error)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            (
                f"{CREATED}{DAEMON}failed to create shim task: OCI runtime create failed: runc "
                'create failed: unable to start container process: exec: "/no/such": stat '
                "/no/such: no such file or directory: unknown\n"
            ),
            'exec: "/no/such": stat /no/such: no such file or directory: unknown',
        ),
        (
            (
                " a Pulling \n"
                ' a Error Get "https://registry-1.docker.io/v2/": dial tcp: no such host\n'
                f'{DAEMON}Get "https://registry-1.docker.io/v2/": dial tcp: no such host\n'
            ),
            'Get "https://registry-1.docker.io/v2/": dial tcp: no such host',
        ),
        (
            (
                "error while interpolating services.a.environment.X: required variable NO_SUCH is "
                "missing a value: must be set\n"
            ),
            "required variable NO_SUCH is missing a value: must be set",
        ),
        (
            (
                f" Container run-a-1  {DAEMON}Minimum memory limit allowed is 6MB\n"
                f"{DAEMON}Minimum memory limit allowed is 6MB\n"
            ),
            "Minimum memory limit allowed is 6MB",
        ),
        (
            "failed to parse compose.yaml: yaml: line 1: did not find expected key\n",
            "yaml: line 1: did not find expected key",
        ),
        (
            (
                "unable to get image 'prom/node-exporter:v1.12.1': Cannot connect to the Docker "
                "daemon at unix:///no/such.sock. Is the docker daemon running?"
            ),
            "Is the docker daemon running?",
        ),
        ("", "it said nothing"),
    ],
)
def test_what_went_wrong(said: str, text: str) -> None:
    """The line that names the reason is told, without what went well before."""
    told = explained(said, COMMAND)
    assert not isinstance(told, PortTaken)
    assert told.message.startswith("docker compose failed: ")
    assert told.message.endswith(text)
    assert "Creating" not in told.message
    assert told.hint == "repeat it: docker compose -f compose.yaml up --detach"


def test_what_cannot_be_repeated() -> None:
    """The override of a run is gone with the run: the command is not told then."""
    override = str(run_directory.home() / "20260101-000000-abcdef" / "override.yaml")
    told = explained(CREATED, ["docker", "compose", "-f", "compose.yaml", "-f", override, "up"])
    assert "override.yaml" not in str(told)
    assert "compose.yaml" in str(told.hint)


def test_full_disk() -> None:
    """It is named as such, with the command that shows what takes the room."""
    told = explained(
        f"{CREATED}{DAEMON}mkdir /var/lib/docker/overlay2/3d0: no space left on device\n", COMMAND
    )
    assert told.message.startswith("the container engine has no room left on its disk: ")
    assert "docker system df" in str(told.hint)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker command that does what a test writes into it."""
    file = tmp_path / "docker"
    file.touch(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return file


def project(folder: Path, **variables: str) -> Project:
    """A project that runs the docker command on PATH."""
    return Project(context=folder, docker_command_path="docker", wait=False, variables=variables)


def test_its_environment(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose sees the system's variables and where the engine is, and nothing else of ours."""
    command.write_text("#!/bin/sh\nenv > seen\n", encoding="utf-8")
    monkeypatch.setenv("PROMETHEUS_PORT", "1")
    monkeypatch.setenv("COMPOSE_PROFILES", "all")
    monkeypatch.setenv("DOCKER_HOST", "unix:///here.sock")
    project(command.parent, SYSTEM="reference").up()
    seen = dict(line.split("=", 1) for line in (command.parent / "seen").read_text().splitlines())
    assert (seen["SYSTEM"], seen["DOCKER_HOST"]) == ("reference", "unix:///here.sock")
    assert not {"PROMETHEUS_PORT", "COMPOSE_PROFILES"} & set(seen)


def test_its_deadline(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that hangs is ended with all that it started, and named."""
    monkeypatch.setattr("smokestack.stack.compose_project.UP_S", 0.5)
    command.write_text("#!/bin/sh\nsleep 600 &\necho $! > child\nwait\n", encoding="utf-8")
    with pytest.raises(StackError, match="`docker compose up --detach` did not end in 0 s"):
        project(command.parent).up()
    child = int((command.parent / "child").read_text())
    assert until(lambda: not psutil.pid_exists(child), within_s=5).met


def test_interrupt(command: Path) -> None:
    """Ctrl-C while Compose works ends Compose, and all that it started, at once."""
    child = command.parent / "child"
    command.write_text("#!/bin/sh\nsleep 600 &\necho $! > child\nwait\n", encoding="utf-8")

    def interrupt() -> None:
        until(lambda: child.is_file() and child.read_text().strip(), within_s=10)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            project(command.parent).up()
    finally:
        signal.signal(signal.SIGINT, before)
    assert until(lambda: not psutil.pid_exists(int(child.read_text())), within_s=5).met
