"""Finds the container engine, and says what is wrong where there is none that fits.

Which engine is meant is told as to the docker command itself: DOCKER_HOST, then DOCKER_CONTEXT,
then the current context.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
from docker.context import ContextAPI
from docker.context.config import get_current_context_name
from docker.errors import DockerException

from smokestack.errors import UsageError
from smokestack.stack.engine import ANSWER_S, BROKEN, PODMAN, Engine

OLDEST_ENGINE = (20, 10)
"""The oldest Docker engine that our tests ran on."""
OLDEST_PODMAN = (4, 0)
OLDEST_COMPOSE = (2, 24, 4)
"""Compose knows `!override` for ports since then."""
VERSION_S = 20.0
"""Seconds in which an engine, or its docker command, must say what it is."""


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
    except (*BROKEN, ValueError) as error:  # a ValueError is of an address that is none
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
    """The address of the engine. Raises UsageError for a context that there is not."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    try:
        _require_context(os.environ.get("DOCKER_CONTEXT") or get_current_context_name())
        return str(ContextAPI.kwargs_from_context().get("base_url") or _DEFAULT_HOST)
    except DockerException:
        return _DEFAULT_HOST


def _require_context(name: str) -> None:
    """docker-py would take the machine's own engine instead, and say nothing."""
    if ContextAPI.get_context(name) is None:
        raise UsageError(
            f"there is no docker context {name!r} to be read",
            hint="`docker context ls` shows those that there are; DOCKER_CONTEXT names one, else "
            "the file config.json does, which must be there beside the folder of contexts",
        )


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
    return f"{PODMAN if _is_podman(told) else 'Docker'} {told.get('Version', '?')}"


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
