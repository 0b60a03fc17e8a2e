"""Real stacks of containers for the tests of the Docker backend, and what the engine has."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from smokestack.clients import ready_probe
from smokestack.stack import run_directory
from smokestack.stack.choice import choose
from smokestack.stack.docker import DockerStack
from smokestack.stack.images import Say
from smokestack.stack.plan import Plan
from tests.mutations import project
from tests.stack.processes import living_in

ENGINE = Path("/var/run/docker.sock")


@contextmanager
def started(wanted: Plan, say: Say = lambda _: None) -> Iterator[DockerStack]:
    """A running stack of containers, ended in any case."""
    choice = choose("docker", wanted, say)
    with ready_probe() as probe:
        stack = choice.start(wanted, probe)
    assert isinstance(stack, DockerStack)
    try:
        yield stack
    finally:
        stack.close()


@contextmanager
def own_home(folder: Path) -> Iterator[Path]:
    """Stacks of this process live below `folder`; nothing of them may be left, here or there."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TMPDIR", str(temporary))
        patched.setattr("tempfile.tempdir", str(temporary))
        try:
            yield temporary
            assert left_of(temporary) == []
            assert not living_in(temporary)
            assert not run_directory.home().exists() or not list(run_directory.home().iterdir())
        finally:
            remove_all_of(temporary)


def docker(*arguments: str) -> str:
    """What the docker command prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def home_of(folder: Path) -> str:
    """The label of every run whose folder for temporary files this is."""
    runs = folder / f"smokestack-{os.getuid()}" / "runs"
    return f"dev.smokestack.home={socket.gethostname()}:{runs}"


def containers_of(folder: Path) -> list[str]:
    """The names of all containers of these runs, running or not."""
    wanted = f"label={home_of(folder)}"
    return docker("ps", "--all", "--filter", wanted, "--format", "{{.Names}}").split()


def left_of(folder: Path) -> list[str]:
    """Everything that the engine has of these runs: containers, networks and volumes."""
    wanted = f"label={home_of(folder)}"
    networks = docker("network", "ls", "--filter", wanted, "--format", "{{.Name}}").split()
    volumes = docker("volume", "ls", "--filter", wanted, "--format", "{{.Name}}").split()
    return containers_of(folder) + networks + volumes


def remove_all_of(folder: Path) -> None:
    """Remove what a failed test left."""
    wanted = f"label={home_of(folder)}"
    for listed, remove in (
        (("ps", "--all"), ("rm", "--force", "--volumes")),
        (("network", "ls"), ("network", "rm")),
        (("volume", "ls"), ("volume", "rm", "--force")),
    ):
        if found := docker(*listed, "--quiet", "--filter", wanted).split():
            docker(*remove, *found)


def checkout(folder: Path, **services: Mapping[str, object]) -> Path:
    """A copy of the project, with other values for keys of services; `_` is `-` in their names."""
    root = project.copy(folder / "checkout")
    file = root / "compose" / "compose.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for name, changes in services.items():
        document["services"][name.replace("_", "-")] |= changes
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return root


class Proxy:
    """A socket between the clients of the engine and the engine, which can be cut.

    A request whose first line matches `held` is never answered; one that matches a key of
    `canned` is answered with its value.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.host = f"unix://{path}"
        self.held: str | None = None
        self.canned: dict[str, bytes] = {}
        self.seen: list[str] = []
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """No more engine: the socket is gone, and every connection through it."""
        self.path.unlink(missing_ok=True)
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(str(ENGINE))
                self._open += [client, engine]
                threading.Thread(target=self._ask, args=(client, engine), daemon=True).start()
                threading.Thread(target=_pump, args=(engine, client), daemon=True).start()

    def _ask(self, client: socket.socket, engine: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                line = data.partition(b"\r\n")[0].decode(errors="replace")
                if answer := self._own_answer(line):
                    client.sendall(answer)
                elif not (self.held and re.search(self.held, line)):
                    engine.sendall(data)
        _shut(engine)

    def _own_answer(self, line: str) -> bytes | None:
        self.seen.append(line)
        return next((text for wanted, text in self.canned.items() if re.search(wanted, line)), None)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _shut(sink)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(path: Path) -> Iterator[Proxy]:
    """A proxy in front of the engine, cut at the end."""
    one = Proxy(path)
    try:
        yield one
    finally:
        one.cut()
