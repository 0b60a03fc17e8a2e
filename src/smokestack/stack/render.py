"""Renders one service of compose.yaml for this machine: addresses, paths and, at `fast`, pace.

The files that result are the shipped ones but for what `changes` lists and for the places that
relocation moved; nothing is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smokestack import yaml_file
from smokestack.errors import ConfigError
from smokestack.results import Change, Incompressible
from smokestack.stack.compose_file import Kind, Service
from smokestack.stack.pace import compress_document, incompressible
from smokestack.stack.ports import LOOPBACK
from smokestack.stack.relocation import Relocation


@dataclass(frozen=True)
class Layout:
    """Where everything of one stack lies: its folder and the port of every listener."""

    folder: Path
    root: Path
    ports: Mapping[tuple[str, int], int]
    aliases: Mapping[tuple[str, int], tuple[str, int]]
    """(service, port) of a server that another one stands in for -> the stand-in's own."""
    homes: Mapping[str, Path] = field(default_factory=dict)
    """Service -> the folder of its program's distribution, where it needs to know."""
    replaces: Mapping[Path, Path] = field(default_factory=dict)
    """A shipped file -> the one that is read instead, since a stand-in is another server."""

    def port(self, service: str, container_port: int) -> int:
        """The loopback port of a listener."""
        return self.ports[self.aliases.get((service, container_port), (service, container_port))]

    def url(self, service: str, container_port: int) -> str:
        """The address of an HTTP listener."""
        return f"http://{LOOPBACK}:{self.port(service, container_port)}"

    def relocation(self, service: Service) -> Relocation:
        """Everything that moves, from the point of view of one server."""
        known = set(self.ports) | set(self.aliases)
        addresses = {key: f"{LOOPBACK}:{self.port(*key)}" for key in known}
        own = {
            port: f"{LOOPBACK}:{self.port(service.name, port)}"
            for port in service.extension.listen.values()
        }
        return Relocation(addresses=addresses, paths=self.paths(service), listen=own)

    def paths(self, service: Service) -> dict[str, str]:
        """Container path of each mount, and of the program's own files -> where it is here."""
        paths = {mount.target: str(self.place(service, mount.target)) for mount in service.mounts}
        if service.extension.home and service.name in self.homes:
            paths[service.extension.home.path] = str(self.homes[service.name])
        return paths

    def place(self, service: Service, target: str) -> Path:
        """Where one mount of a service is: rendered, a volume of this run, or as it stands."""
        mount = next(mount for mount in service.mounts if mount.target == target)
        if target in service.extension.config:
            return self.folder / "config" / service.name / Path(target).name
        if mount.is_volume:
            return self.folder / "data" / mount.source
        return Path(mount.source)


@dataclass(frozen=True)
class Rendered:
    """A service ready to start. `configs` are its rendered files by kind, as plain data."""

    service: Service
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # a password may be in it
    configs: Mapping[Kind, Any]
    config_files: tuple[Path, ...]
    changes: tuple[Change, ...]
    incompressible: tuple[Incompressible, ...] = ()


def render(service: Service, layout: Layout, factor: float) -> Rendered:
    """Write the configuration files of a service and work out its arguments and environment.

    Raises ConfigError where a file mentions a listener that nobody declared.
    """
    relocation = layout.relocation(service)
    where = f"compose.yaml: {service.name}"
    arguments, changes = compress_document("arguments", list(service.command), factor, where)
    environment, more = compress_document("environment", service.environment, factor, where)
    changes = [*changes, *more]
    configs: dict[Kind, Any] = {}
    files: list[Path] = []
    held: list[Incompressible] = []
    for target, kind in service.extension.config.items():
        source = Path(next(m.source for m in service.mounts if m.target == target))
        place = layout.place(service, target)
        for shipped in sorted(source.rglob("*.yml")) if source.is_dir() else [source]:
            out = place / shipped.relative_to(source)
            read = layout.replaces.get(shipped, shipped)
            data, rewritten = _render_file(read, kind, relocation, factor, layout)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(yaml_file.dump(data), encoding="utf-8")
            configs[kind] = data
            files.append(out)
            changes += rewritten
            if kind == "rules" and factor > 1:
                shipped_rules = yaml_file.read(read).data
                held += incompressible(shipped_rules, str(read.relative_to(layout.root)))
    for mount in service.mounts:
        if mount.is_volume:
            layout.place(service, mount.target).mkdir(parents=True, exist_ok=True)
    return Rendered(
        service=service,
        arguments=tuple(relocation.text(argument) for argument in arguments),
        environment=relocation.environment({k: str(v) for k, v in environment.items()}),
        configs=configs,
        config_files=tuple(files),
        changes=tuple(changes),
        incompressible=tuple(held),
    )


def _render_file(
    file: Path, kind: Kind, relocation: Relocation, factor: float, layout: Layout
) -> tuple[Any, list[Change]]:
    data: Any = yaml_file.read(file).data
    changes: list[Change] = []
    if kind != "grafana":  # no duration in it delays anything
        where = str(file.relative_to(layout.root))
        data, changes = compress_document(kind, data, factor, where)
    if kind == "rules":  # an address in an annotation is text for people
        return data, changes
    moved = relocation.prometheus(data) if kind == "prometheus" else relocation.document(data)
    services = {service for service, _ in layout.ports} | {alias for alias, _ in layout.aliases}
    if lost := relocation.unrelocated(moved, services):
        raise ConfigError(
            f"no declared listener for {', '.join(lost)}",
            file=file,
            hint="declare the port under x-smokestack.listen of that service in compose.yaml",
        )
    return moved, changes
