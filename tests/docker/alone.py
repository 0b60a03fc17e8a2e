"""One service of compose.yaml on its own: a container with what the service says.

Named volumes become anonymous ones, ports are published on loopback wherever one is free, and each
secret is a file. What the service would talk to is not there; that does not keep it from being
ready.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from smokestack.errors import Unreachable
from tests.docker.asked import COMPOSE_FILE, filled
from tests.docker.engine import EngineError, docker

PASSWORD = "chosen-for-one-test"  # noqa: S105 - of servers that live for seconds


@dataclass(frozen=True)
class Alone:
    """A service: how it is run, and how it is asked whether it is ready."""

    name: str
    raw: Mapping[str, Any]

    @property
    def image(self) -> str:
        """The image's name."""
        return str(self.raw["image"])

    def create(self, secrets: Path) -> str:
        """Make its container, not started yet; the id."""
        entrypoint: list[str] = self.raw.get("entrypoint", [])
        arguments = [*entrypoint[1:], *self.raw.get("command", [])]
        given = [f"--entrypoint={program}" for program in entrypoint[:1]]
        port = self.raw["x-smokestack"]["ready"]["port"]
        given += [f"--publish=127.0.0.1::{port}", f"--volume={secrets}:/run/secrets:ro"]
        given += [f"--env={key}={value}" for key, value in self.raw.get("environment", {}).items()]
        given += [f"--volume={volume}" for volume in self._volumes()]
        given += [f"--{key}={self.raw[key]}" for key in ("hostname", "user") if key in self.raw]
        return docker("create", *given, self.image, *arguments).strip()

    def is_ready(self, container: str) -> bool:
        """Whether its own health check, run in the container, is content; without one, HTTP."""
        if "healthcheck" not in self.raw:
            return self._answers(container)
        kind, *command = self.raw["healthcheck"]["test"]
        command = command if kind == "CMD" else ["sh", "-c", *command]
        try:
            docker("exec", container, *command, timeout_s=20)
        except EngineError as error:
            raise Unreachable(error.message) from error
        return True

    def _answers(self, container: str) -> bool:
        ready = self.raw["x-smokestack"]["ready"]
        address = docker("port", container, str(ready["port"])).split()[0]
        try:
            return httpx.get(f"http://{address}{ready['path']}", timeout=5).is_success
        except httpx.HTTPError as error:
            raise Unreachable(str(error)) from error

    def _volumes(self) -> Iterator[str]:
        for volume in self.raw.get("volumes", []):
            source, _, rest = volume.partition(":")
            if source.startswith("."):
                yield f"{(COMPOSE_FILE.parent / source).resolve()}:{rest}"
            else:
                yield f"{source}:{rest}" if source.startswith("/") else rest.partition(":")[0]


def services() -> dict[str, Alone]:
    """All services of compose.yaml."""
    return {name: Alone(name, service) for name, service in _document()["services"].items()}


def write_secrets(folder: Path) -> None:
    """A file for each secret that compose.yaml names, all with the same password."""
    # Who is not root in its container reads them too, as Compose's own.
    folder.chmod(0o755)
    for name in _document().get("secrets", {}):
        (folder / name).write_text(PASSWORD, encoding="utf-8")


def _document() -> dict[str, Any]:
    document: dict[str, Any] = _all_filled(yaml.safe_load(COMPOSE_FILE.read_text("utf-8")))
    return document


def _all_filled(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _all_filled(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_all_filled(each) for each in data]
    return filled(data, os.environ) if isinstance(data, str) else data
