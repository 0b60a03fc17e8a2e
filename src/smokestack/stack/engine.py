"""The container engine: whether one answers, and everything that is asked of it.

The one edge to the engine's API; its errors become ours here. Which engine is meant is told as to
the docker command itself: DOCKER_HOST, then DOCKER_CONTEXT, then the current context.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import docker
import requests
import urllib3
from docker.context import ContextAPI
from docker.errors import APIError, DockerException, NotFound, StreamParseError

from smokestack.errors import StackError, UsageError
from smokestack.wait import until

OLDEST_ENGINE = (20, 10)
"""The oldest Docker engine that our tests ran on."""
OLDEST_PODMAN = (4, 0)
OLDEST_COMPOSE = (2, 24, 4)
"""Compose knows `!override` for ports since then (ruling 25)."""
ANSWER_S = 60.0
"""Seconds in which the engine must answer a question, or say more of a pull."""
VERSION_S = 20.0
"""Seconds in which an engine, or its docker command, must say what it is."""
REMOVED_S = 10.0
"""Seconds in which a container that somebody else removes must be gone."""


@dataclass(frozen=True)
class Engine:
    """An engine that answered. `name` has its version: "Docker 28.2.2"."""

    client: docker.DockerClient
    name: str

    def close(self) -> None:
        """Drop the connection."""
        self.client.close()

    def images(self) -> dict[str, Mapping[str, str]]:
        """Every image that is here, by name and tag, with its labels."""
        with _mapped("list its images"):
            found = self.client.api.images()
        return {
            tag.removeprefix("docker.io/").removeprefix("library/"): one.get("Labels") or {}
            for one in found
            for tag in one.get("RepoTags") or []
        }

    def pull(self, image: str) -> Iterator[Mapping[str, Any]]:
        """Pull an image; yields the engine's progress. Raises StackError when it cannot be had."""
        name, _, tag = image.rpartition(":")
        try:
            with _mapped(f"pull {image}"):
                for line in self.client.api.pull(name, tag=tag, stream=True, decode=True):
                    if "error" in line:
                        raise StackError(
                            f"the container engine could not pull {image}: {line['error']}"
                        )
                    yield line
        except NotFound as error:
            raise StackError(
                f"the container engine could not pull {image}: {error.explanation}"
            ) from error

    def containers(self, **labels: str | None) -> list[Mapping[str, Any]]:
        """All containers with these labels, running or not, as the engine lists them."""
        with _mapped("list its containers"):
            return list(self.client.api.containers(all=True, filters={"label": _filter(labels)}))

    def inspect(self, container: str) -> Mapping[str, Any]:
        """Everything the engine knows of a container."""
        with _mapped(f"inspect {container}"):
            return dict(self.client.api.inspect_container(container))

    def logs(self, container: str, lines: int | Literal["all"] = "all") -> str:
        """A container's output, or its last lines. Empty where it is gone."""
        with contextlib.suppress(NotFound), _mapped(f"give the logs of {container}"):
            said: bytes = self.client.api.logs(container, tail=lines)
            return said.decode(errors="replace")
        return ""

    def succeeds(self, container: str, command: Sequence[str]) -> bool:
        """Whether a command ends with 0 inside a container; False while it does not run."""
        with _mapped(f"run {command[0]} in {container}"):
            try:
                made = self.client.api.exec_create(container, list(command))
                self.client.api.exec_start(made["Id"])
                return bool(self.client.api.exec_inspect(made["Id"])["ExitCode"] == 0)
            except (APIError, NotFound):  # not running yet, or not any more
                return False

    def restart(self, container: str) -> None:
        """Kill a container and start it again."""
        with _mapped(f"restart {container}"):
            self.client.api.restart(container, timeout=0)

    def events(self, **labels: str | None) -> Any:
        """A stream of what happens to containers with these labels; `close` ends it."""
        with _mapped("tell its events"):
            return self.client.api.events(
                decode=True,
                filters={"type": "container", "event": ["die", "oom"], "label": _filter(labels)},
            )

    def labelled(self, **labels: str | None) -> list[Mapping[str, str]]:
        """The labels of every container, network and volume with these labels."""
        with _mapped("list its networks and volumes"):
            wanted = {"label": _filter(labels)}
            networks = self.client.api.networks(filters=wanted)
            volumes = self.client.api.volumes(filters=wanted)["Volumes"] or []
        return [one["Labels"] for one in (*self.containers(**labels), *networks, *volumes)]

    def remove_all(self, **labels: str | None) -> list[str]:
        """Remove the containers, networks and volumes with these labels, by id; their names.

        Another run may be removing the same. Raises StackError for what cannot be removed.
        """
        names: list[str] = []
        for one in self.containers(**labels):
            names.append(one["Names"][0].lstrip("/") if one.get("Names") else one["Id"][:12])
            with _removed(names[-1]):
                self.client.api.remove_container(one["Id"], force=True, v=True)
        until(lambda: not self.containers(**labels), within_s=REMOVED_S)
        with _mapped("list its networks"):
            networks = self.client.api.networks(filters={"label": _filter(labels)})
        for one in networks:
            names.append(one["Name"])
            with _removed(f"the network {one['Name']}"):
                self.client.api.remove_network(one["Id"])
        with _mapped("list its volumes"):
            volumes = self.client.api.volumes(filters={"label": _filter(labels)})
        for one in volumes["Volumes"] or []:
            names.append(one["Name"])
            with _removed(f"the volume {one['Name']}"):
                self.client.api.remove_volume(one["Name"])
        return names


def connect() -> Engine:
    """The engine that the docker command would use, with a Compose that fits.

    Raises UsageError: none answers, it is too old, it is another machine's, there is no compose.
    """
    host = _host()
    client = None
    try:
        _require_local(host)
        client = _client()
        told = client.version()
    except (*_BROKEN, ValueError) as error:  # a ValueError is of an address that is none
        if client:
            client.close()
        raise _no_engine(host, error) from error
    client.api.timeout = int(ANSWER_S)
    engine = Engine(client, _name(told))
    try:
        _require_engine(told)
        _require_compose()
    except UsageError:
        engine.close()
        raise
    return engine


def _client() -> docker.DockerClient:
    if os.environ.get("DOCKER_HOST"):
        return docker.from_env(timeout=int(VERSION_S))
    return docker.DockerClient(timeout=int(VERSION_S), **ContextAPI.kwargs_from_context())


def _host() -> str:
    """The address of the engine."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    try:
        return str(ContextAPI.kwargs_from_context().get("base_url") or _DEFAULT_HOST)
    except DockerException:
        return _DEFAULT_HOST


_DEFAULT_HOST = "unix:///var/run/docker.sock"


def _require_local(host: str) -> None:
    """Our configuration is mounted from this machine's files: the engine must see them."""
    parts = urlsplit(host)
    local = parts.hostname in (None, "localhost", "127.0.0.1", "::1")
    if parts.scheme in ("unix", "npipe", "http+unix") or (parts.scheme != "ssh" and local):
        return
    raise UsageError(
        f"the container engine at {host} is another machine: it cannot mount the files of this one",
        hint="unset DOCKER_HOST or choose a local context (`docker context use default`), "
        "or use --stack native",
    )


def _no_engine(host: str, error: Exception) -> UsageError:
    path = Path(host.removeprefix("unix://"))
    if isinstance(error.__cause__ or error, PermissionError) or "Permission denied" in str(error):
        why, hint = f"this user may not use {path}", "join the group that owns it, or use rootless"
    elif host.startswith("unix") and not path.exists():
        why, hint = f"there is no {path}", _start_hint()
    else:
        why, hint = f"{host} does not answer", _start_hint()
    return UsageError(f"no container engine answers: {why}", hint=f"{hint}; or use --stack native")


def _start_hint() -> str:
    podman = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / "podman"
    if (podman / "podman.sock").exists():
        return f"for Podman: export DOCKER_HOST=unix://{podman / 'podman.sock'}"
    if shutil.which("podman") and not shutil.which("dockerd"):
        return "for Podman: `systemctl --user start podman.socket`, and name it in DOCKER_HOST"
    return "start it (`sudo systemctl start docker`, or Docker Desktop), or name it in DOCKER_HOST"


def _name(told: Mapping[str, Any]) -> str:
    return f"{'Podman' if _is_podman(told) else 'Docker'} {told.get('Version', '?')}"


def _is_podman(told: Mapping[str, Any]) -> bool:
    names = [(told.get("Platform") or {}).get("Name", "")]
    names += [str(one.get("Name", "")) for one in told.get("Components") or []]
    return any("podman" in name.lower() for name in names)


def _require_engine(told: Mapping[str, Any]) -> None:
    oldest = OLDEST_PODMAN if _is_podman(told) else OLDEST_ENGINE
    version = numbers(str(told.get("Version", "")))
    if version and version < oldest:
        needed = ".".join(map(str, oldest))
        raise UsageError(
            f"the container engine is {_name(told)}; needed is {needed} or later",
            hint="update it, or use --stack native",
        )


def _require_compose() -> None:
    """Raise UsageError unless `docker compose` runs and is new enough."""
    wanted = ".".join(map(str, OLDEST_COMPOSE))
    if shutil.which("docker") is None:
        raise UsageError(
            "an engine answers, but there is no docker command to run Compose with",
            hint=f"install the docker command and its compose plugin, {wanted} or later",
        )
    command = ["docker", "compose", "version", "--short"]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=VERSION_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"`{' '.join(command)}` does not answer: {error}") from error
    if told.returncode:
        raise UsageError(
            "an engine answers, but docker has no compose plugin",
            hint=f"install docker-compose-plugin, {wanted} or later "
            "(https://docs.docker.com/compose/install/)",
        )
    version = numbers(told.stdout)
    if version and version < OLDEST_COMPOSE:
        raise UsageError(
            f"docker compose is {told.stdout.strip()}; needed is {wanted} or later",
            hint="update the docker-compose-plugin package",
        )


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; empty where it begins with none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _filter(labels: Mapping[str, str | None]) -> Sequence[str]:
    """Label filters; keyword names cannot have dots, so `run` means our label of that name."""
    return [
        f"{LABEL}.{name}" if value is None else f"{LABEL}.{name}={value}"
        for name, value in labels.items()
    ]


LABEL = "dev.smokestack"
"""What our labels begin with: `.run`, `.home`, `.source`, `.stand-in`."""


@contextlib.contextmanager
def _removed(what: str) -> Iterator[None]:
    """Gone already is fine, and so is that another run removes it right now."""
    try:
        with _mapped(f"remove {what}"):
            yield
    except NotFound:
        pass
    except StackError as error:
        if "already in progress" not in error.message:
            raise


_BROKEN = (
    DockerException,
    StreamParseError,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,  # what is streamed is read past requests
    OSError,
)


@contextlib.contextmanager
def _mapped(doing: str) -> Iterator[None]:
    """Errors of the engine's client as ours; what is not there any more stays NotFound."""
    try:
        yield
    except NotFound:
        raise
    except APIError as error:
        text = error.explanation or str(error)
        raise StackError(f"the container engine could not {doing}: {text}") from error
    except _BROKEN as error:
        raise StackError(
            f"the container engine went away, asked to {doing}: {type(error).__name__}",
            hint="look at its log (`journalctl -u docker`)",
        ) from error
