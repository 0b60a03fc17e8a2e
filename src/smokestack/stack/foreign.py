"""A team's own Compose project, read so that the same suites can prove it.

Compose itself says what the project is (`docker compose config`); which of its services plays
which role, system.yaml says. Where a server keeps its configuration follows from its arguments,
else from where its official image looks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from smokestack import yaml_file
from smokestack.errors import UsageError
from smokestack.stack.compose_file import Extension, Kind, Mount, Ready, Service
from smokestack.stack.plan import Foreign, Player


@dataclass(frozen=True)
class Server:
    """What is known of a role's server: its ports, readiness and configuration."""

    listen: Mapping[str, int]
    ready: tuple[int, str]
    kind: Kind | None = None
    flag: str = ""
    default: str = ""


SERVERS = {
    "prometheus": Server(
        {"http": 9090}, (9090, "/-/ready"), "prometheus",
        "--config.file", "/etc/prometheus/prometheus.yml",
    ),
    "alertmanager": Server(
        {"http": 9093}, (9093, "/-/ready"), "alertmanager",
        "--config.file", "/etc/alertmanager/alertmanager.yml",
    ),
    "loki": Server(
        {"http": 3100}, (3100, "/ready"), "loki", "-config.file", "/etc/loki/local-config.yaml"
    ),
    "tempo": Server(
        {"http": 3200}, (3200, "/ready"), "tempo", "-config.file", "/etc/tempo/tempo.yaml"
    ),
    "otel-collector": Server(
        {"metrics": 8888}, (8888, "/metrics"), "otel-collector",
        "--config", "/etc/otelcol-contrib/config.yaml",
    ),
    "jaeger": Server({"http": 16686, "admin": 14269}, (14269, "/")),
    "grafana": Server({"http": 3000}, (3000, "/api/health")),
    "webhook": Server({"http": 8090}, (8090, "/-/ready")),
}  # fmt: skip
"""Ports and paths of the servers' own documentation, flags and defaults of their images."""


@dataclass(frozen=True)
class ForeignProject:
    """A project of somebody else's: the roles we know, and every service by name."""

    services: Mapping[str, Service]
    everything: Mapping[str, Mapping[str, Any]]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]

    @property
    def images(self) -> set[str]:
        """The images that are not built by the project itself."""
        return {str(one["image"]) for one in self.everything.values() if not one.get("build")}


def read(foreign: Foreign, canonical: str) -> ForeignProject:
    """The project that `docker compose config --format json` printed.

    Raises UsageError for a role without its service, or whose configuration cannot be found.
    """
    document = json.loads(canonical)
    everything = document["services"]
    services = {
        role: _service(role, player, everything, foreign) for role, player in foreign.roles.items()
    }
    if "prometheus" not in services:
        raise UsageError(
            "system.yaml: stack.services names no prometheus",
            hint="name the service that is Prometheus: `services: {prometheus: its-name}`",
        )
    return ForeignProject(
        services,
        everything,
        tuple(document.get("networks") or {}),
        tuple(document.get("volumes") or {}),
    )


def _service(
    role: str, player: Player, everything: Mapping[str, Mapping[str, Any]], foreign: Foreign
) -> Service:
    if player.service not in everything:
        raise UsageError(
            f"system.yaml: stack.services.{role} is {player.service!r}, which "
            f"{foreign.files[0].name} has not",
            hint=f"it has: {', '.join(sorted(everything))}",
        )
    theirs = everything[player.service]
    server = SERVERS.get(role)
    listen, ready = _listeners(role, player, server)
    command = tuple(str(word) for word in theirs.get("command") or ())
    mounts = tuple(_bind_mounts(theirs))
    config = _configs(role, player, server, command, mounts) if server and server.kind else {}
    return Service(
        name=role,
        container=player.service,
        image=str(theirs.get("image", "")),
        profiles=(),
        command=command,
        environment={k: str(v) for k, v in (theirs.get("environment") or {}).items()},
        mounts=tuple(config.values()),
        extension=Extension(
            binary=role,
            listen=dict(listen),
            ready=Ready(port=ready[0], path=ready[1]),
            config=dict(config.keys()),
        ),
    )


def _listeners(
    role: str, player: Player, server: Server | None
) -> tuple[Mapping[str, int], tuple[int, str]]:
    if server is None and player.port is None:
        raise UsageError(
            f"system.yaml: stack.services.{role} needs the port that it listens on",
            hint=f"`{role}: {{service: {player.service}, port: 8080, ready: /health}}`",
        )
    listen = server.listen if server else {}
    ready = server.ready if server else (0, "/")
    if player.port is not None:
        name = next(iter(listen), "http")
        listen = {**listen, name: player.port}
        ready = (player.port, ready[1])
    return listen, (ready[0], player.ready or ready[1])


def _bind_mounts(theirs: Mapping[str, Any]) -> Iterator[Mount]:
    for volume in theirs.get("volumes") or ():
        if volume.get("type") == "bind":
            yield Mount(volume["source"], volume["target"])


def _configs(
    role: str, player: Player, server: Server, command: Sequence[str], mounts: Sequence[Mount]
) -> dict[tuple[str, Kind], Mount]:
    """(container path, kind) of every file that durations are read from -> where it lies here."""
    assert server.kind is not None  # noqa: S101 - asked before
    target = player.config or _argument(command, server.flag) or server.default
    here = _host_path(target, mounts)
    if here is None or not here.is_file():
        raise UsageError(
            f"the configuration of {role} ({player.service}) is not mounted from a file here: "
            f"looked for {target}",
            hint=f"say where it is: `{role}: {{service: {player.service}, config: /path/in/it}}`",
        )
    found: dict[tuple[str, Kind], Mount] = {(target, server.kind): Mount(str(here), target)}
    if server.kind == "prometheus":
        for rules in _rule_files(here, target, mounts):
            found[rules.target, "rules"] = rules
    return found


def _argument(command: Sequence[str], flag: str) -> str | None:
    """The value of a flag: `--flag=value`, `-flag=value` or `--flag value`."""
    pattern = re.compile(rf"--?{re.escape(flag.lstrip('-'))}(=(?P<value>.*))?")
    for number, word in enumerate(command):
        if match := pattern.fullmatch(word):
            after = command[number + 1] if number + 1 < len(command) else None
            return match["value"] or after
    return None


def _host_path(target: str, mounts: Sequence[Mount]) -> Path | None:
    """Where a path inside a container lies here, by the deepest mount above it."""
    path = PurePosixPath(target)
    for mount in sorted(mounts, key=lambda one: len(one.target), reverse=True):
        if path.is_relative_to(mount.target):
            return Path(mount.source) / path.relative_to(mount.target)
    return None


def _rule_files(config: Path, target: str, mounts: Sequence[Mount]) -> Iterator[Mount]:
    """The rule files that a Prometheus configuration names, by pattern."""
    for pattern in yaml_file.read(config).data.get("rule_files") or ():
        inside = PurePosixPath(target).parent / pattern
        folder = _host_path(str(inside.parent), mounts)
        for file in sorted(folder.glob(inside.name)) if folder else ():
            yield Mount(str(file), str(inside.parent / file.name))
