"""Which container engine is meant, whether it fits, and what is said where it does not."""

from __future__ import annotations

import hashlib
import json
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from docker import DockerClient
from docker.errors import DockerException, NotFound

from smokestack.errors import StackError, UsageError
from smokestack.stack import engine_connect as engine
from smokestack.stack.engine import Engine
from smokestack.stack.engine_connect import connect, numbers

NEW = {"Version": "28.2.2", "ApiVersion": "1.50", "MinAPIVersion": "1.24"}


class _Handler(BaseHTTPRequestHandler):
    """Answers every question with the same."""

    answer: bytes = b"{}"
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """It would ask for the peer's address, which a Unix socket has not."""


class _OnSocket(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _OnPort(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def answering(path: Path | None, told: object = NEW, status: int = 200) -> Iterator[str]:
    """An engine that tells this of itself, by TCP without a path; the value for DOCKER_HOST."""
    answer = json.dumps(told).encode()
    handler = type("Handler", (_Handler,), {"answer": answer, "status": status})
    server = _OnSocket(str(path), handler) if path else _OnPort(("127.0.0.1", 0), handler)
    with server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"unix://{path}" if path else f"tcp://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()


def program(folder: Path, text: str) -> None:
    """A docker command of the test's own."""
    folder.mkdir(exist_ok=True)
    file = folder / "docker"
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a docker command and nothing configured."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    program(tmp_path / "bin", "echo 2.40.3")
    return tmp_path


def refused(monkeypatch: pytest.MonkeyPatch, host: str) -> UsageError:
    """What is said of the engine at this address."""
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(UsageError) as told:
        connect()
    return told.value


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (NEW, "Docker 28.2.2"),
        (NEW | {"Version": "20.10.24+dfsg1", "ApiVersion": "1.41"}, "Docker 20.10.24+dfsg1"),
        (NEW | {"Version": "dev"}, "Docker dev"),
        (NEW | {"Version": "5.4.0", "Components": [{"Name": "Podman Engine"}]}, "Podman 5.4.0"),
        (NEW | {"Version": "4.0.0", "Components": [{"Name": "Podman Engine"}]}, "Podman 4.0.0"),
    ],
)
def test_engine_that_fits(
    machine: Path, monkeypatch: pytest.MonkeyPatch, told: Mapping[str, Any], name: str
) -> None:
    """It is known by its name and version."""
    with answering(machine / "e.sock", told) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with closing(connect()) as found:
            assert found.name == name


def test_engine_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """By TCP too, where that is this machine."""
    with answering(None) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        connect().close()


@pytest.mark.parametrize("chosen_by", ["config.json", "DOCKER_CONTEXT"])
def test_context(machine: Path, monkeypatch: pytest.MonkeyPatch, chosen_by: str) -> None:
    """Without DOCKER_HOST it is the engine of the docker command's own context."""
    with answering(machine / "e.sock") as host:
        folder = machine / "config" / "contexts" / "meta" / hashlib.sha256(b"mine").hexdigest()
        folder.mkdir(parents=True)
        meta = {"Name": "mine", "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}
        (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
        chosen = {}
        if chosen_by == "DOCKER_CONTEXT":
            monkeypatch.setenv("DOCKER_CONTEXT", "mine")
        else:
            chosen["currentContext"] = "mine"
        # Without that file docker-py looks for no contexts, and takes the machine's own engine.
        (machine / "config" / "config.json").write_text(json.dumps(chosen), encoding="utf-8")
        engine = connect()
        engine.close()
        assert engine.name == "Docker 28.2.2"


@pytest.mark.parametrize("chosen_by", ["config.json", "DOCKER_CONTEXT"])
def test_context_that_there_is_not(
    machine: Path, monkeypatch: pytest.MonkeyPatch, chosen_by: str
) -> None:
    """It is not taken for the machine's own engine."""
    (machine / "config").mkdir()
    chosen = {}
    if chosen_by == "DOCKER_CONTEXT":
        monkeypatch.setenv("DOCKER_CONTEXT", "typo")
    else:
        chosen["currentContext"] = "typo"
    (machine / "config" / "config.json").write_text(json.dumps(chosen), encoding="utf-8")
    with pytest.raises(UsageError, match="there is no docker context 'typo'"):
        connect()


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (NEW | {"Version": "19.03.15"}, "is Docker 19.03.15; needed is 20.10 or later"),
        (
            NEW | {"Version": "3.4.4", "Components": [{"Name": "Podman Engine"}]},
            "is Podman 3.4.4; needed is 4.0 or later",
        ),
    ],
)
def test_engine_that_is_too_old(
    machine: Path, monkeypatch: pytest.MonkeyPatch, told: Mapping[str, Any], message: str
) -> None:
    """What it is and what is needed are both told."""
    with answering(machine / "e.sock", told) as host:
        assert refused(monkeypatch, host).message == f"the container engine {message}"


@pytest.mark.parametrize(
    "host", ["ssh://me@elsewhere", "tcp://elsewhere:2375", "tcp://10.1.2.3:2376"]
)
def test_another_machine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """It is not even asked: it could not see our files."""
    error = refused(monkeypatch, host)
    assert f"the container engine at {host} is another machine" in error.message
    assert "DOCKER_HOST" in str(error.hint)


def test_no_socket(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no socket, that is said, and how an engine is started."""
    error = refused(monkeypatch, f"unix://{machine}/no.sock")
    assert error.message == f"no container engine answers: there is no {machine}/no.sock"
    assert "systemctl start docker" in str(error.hint)
    assert "--stack native" in str(error.hint)


def test_podman_that_is_not_named(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Podman that listens where docker does not look is pointed out."""
    (machine / "runtime" / "podman").mkdir(parents=True)
    (machine / "runtime" / "podman" / "podman.sock").touch()
    error = refused(monkeypatch, f"unix://{machine}/no.sock")
    expected = f"export DOCKER_HOST=unix://{machine}/runtime/podman/podman.sock"
    assert expected in str(error.hint)


def test_nobody_listens(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that a dead engine left answers nothing."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(machine / "e.sock"))
    error = refused(monkeypatch, f"unix://{machine}/e.sock")
    assert error.message == (
        f"no container engine answers: unix://{machine}/e.sock does not answer"
    )


def test_engine_that_is_silent(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that hangs is not waited for as long as for a real question."""
    monkeypatch.setattr(engine, "VERSION_S", 1.0)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(machine / "e.sock"))
        deaf.listen()
        error = refused(monkeypatch, f"unix://{machine}/e.sock")
    assert "does not answer" in error.message


@pytest.mark.parametrize(
    ("told", "status"), [({"message": "broken"}, 500), ([], 200), ("hello", 200)]
)
def test_it_answers_but_is_no_engine(
    machine: Path, monkeypatch: pytest.MonkeyPatch, told: object, status: int
) -> None:
    """Whatever else listens there is told as an engine that does not answer."""
    with answering(machine / "e.sock", told, status) as host:
        assert "no container engine answers" in refused(monkeypatch, host).message


@pytest.mark.parametrize("host", ["nonsense://here", "tcp://127.0.0.1:none", "tcp://[::1"])
def test_address_that_is_none(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """A DOCKER_HOST that cannot be read is a usage error too."""
    assert refused(monkeypatch, host)


def test_permission(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not use the socket is told so, and not that there is no engine."""

    def denied() -> None:  # as docker-py words it; root is never denied for real
        inner = "('Connection aborted.', PermissionError(13, 'Permission denied'))"
        raise DockerException(f"Error while fetching server API version: {inner}")

    (machine / "e.sock").touch()
    monkeypatch.setattr(engine, "_client", denied)
    error = refused(monkeypatch, f"unix://{machine}/e.sock")
    assert error.message.endswith(f"this user may not use {machine}/e.sock")
    assert "join the group" in str(error.hint)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("echo 2.24.3", "docker compose is 2.24.3; needed is 2.24.4 or later", "update"),
        ("echo v2.20", "docker compose is v2.20; needed is 2.24.4 or later", "update"),
        ("exit 1", "an engine answers, but docker has no compose plugin", "docker-compose-plugin"),
        ("while :; do :; done", "`docker compose version --short` does not answer", "None"),
        (None, "an engine answers, but there is no docker command", "install the docker command"),
    ],
    ids=["old", "older", "no plugin", "silent", "no command"],
)
def test_compose_that_does_not_fit(
    machine: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, message: str, hint: str
) -> None:
    """An engine alone is not enough; what is lacking beside it is told."""
    (machine / "bin" / "docker").unlink()
    if text:
        program(machine / "bin", text)
    with answering(machine / "e.sock") as host:
        if "while" in str(text):
            monkeypatch.setattr(engine, "VERSION_S", 1.0)
        error = refused(monkeypatch, host)
    assert error.message.startswith(message)
    assert hint in str(error.hint)


@pytest.mark.parametrize("version", ["2.24.4", "v2.40.3", "2.40.3-desktop.1", "5.0.0", "dev"])
def test_compose_that_fits(machine: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Also a version that says nothing: it was built by hand."""
    program(machine / "bin", f"echo {version}")
    with answering(machine / "e.sock") as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        connect().close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.24.4", (2, 24, 4)),
        ("v2.40.3\n", (2, 40, 3)),
        ("20.10.24+dfsg1", (20, 10, 24)),
        ("2.40.3-desktop.1", (2, 40, 3)),
        ("dev", ()),
        ("", ()),
    ],
)
def test_numbers(text: str, expected: tuple[int, ...]) -> None:
    """Versions are compared by their numbers, not as text."""
    assert numbers(text) == expected


def test_errors_of_the_engine_are_ours(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an engine refuses, and that it is gone, are StackErrors that say what was asked."""
    with answering(machine / "e.sock") as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        found = connect()
    with closing(found):
        (machine / "e.sock").unlink(missing_ok=True)
        with pytest.raises(StackError, match="went away, asked to list its images: Connection"):
            found.images()
    with answering(machine / "f.sock", {"message": "no room"}, 507) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        refusing = Engine(DockerClient(base_url=host, version="1.41"), "")
        with closing(refusing), pytest.raises(StackError, match="not list its images: no room"):
            refusing.images()


def test_what_volumes_hold_is_asked_of_them_alone(machine: Path) -> None:
    """One that the engine did not look into is left out, and so are all where there is none."""
    volumes = [
        {"Name": "data", "UsageData": {"RefCount": 1, "Size": 8192}},
        {"Name": "unknown", "UsageData": {"RefCount": 1, "Size": -1}},
        {"Name": "older"},
    ]
    said = {"told": ({"Volumes": volumes}, {"data": 8192.0}), "none": ({"Volumes": None}, {})}
    for name, (answer, held) in said.items():
        with answering(machine / f"{name}.sock", answer) as host:
            found = Engine(DockerClient(base_url=host, version="1.42"), "")
            with closing(found):
                assert found.volumes() == held
    with answering(machine / "w.sock", {"message": "no room"}, 507) as host:
        refusing = Engine(DockerClient(base_url=host, version="1.42"), "")
        with closing(refusing), pytest.raises(StackError, match="say what its volumes hold"):
            refusing.volumes()


def test_what_a_container_uses_is_asked_in_one_look(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine would else look twice, a second apart; a container that is gone uses nothing."""
    asked: list[tuple[str, dict[str, Any]]] = []

    class Api:
        def stats(self, container: str, **how: Any) -> dict[str, Any]:
            asked.append((container, how))
            if container == "gone":
                raise NotFound("no such container")
            return {"read": "now"}

    found = Engine(cast("DockerClient", SimpleNamespace(api=Api())), "")
    assert found.stats("one") == {"read": "now"}
    assert found.stats("gone") == {}
    assert asked[0] == ("one", {"stream": False, "one_shot": True})
