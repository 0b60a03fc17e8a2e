"""Renders one service of compose.yaml for this machine: addresses, paths and, at `fast`, pace.

The files that result are the shipped ones but for what `changes` lists and for the places that
relocation moved; nothing is added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from smokestack import yaml_file
from smokestack.errors import ConfigError
from smokestack.results import Change, Incompressible
from smokestack.stack.compose_file import Kind, Service
from smokestack.stack.pace import compress_document, incompressible
from smokestack.stack.relocation import Relocation
from smokestack.stack.run_directory import make_readable


class Layout(Protocol):
    """Where everything of one stack lies, as its backend has it."""

    @property
    def root(self) -> Path:
        """The checkout."""

    @property
    def replaces(self) -> Mapping[Path, Path]:
        """A shipped file -> the one that is read instead, since a stand-in is another server."""

    @property
    def absent(self) -> Collection[str]:
        """Services that the stack runs without."""

    def url(self, service: str, container_port: int) -> str:
        """The address, for us, of an HTTP listener."""

    def relocation(self, service: Service) -> Relocation:
        """Everything that moves, from the point of view of one server."""

    def place(self, service: Service, target: str) -> Path:
        """Where the rendered files of one configuration mount go, or this run's own of the host's
        logs.
        """

    def make_volume(self, service: Service, target: str) -> None:
        """Have a volume ready for a service to write to."""

    def lost(self, relocation: Relocation, moved: Any) -> list[str]:
        """Addresses in a moved document at which nothing can be."""


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


def render(
    service: Service, layout: Layout, factor: float, slower: Mapping[str, float]
) -> Rendered:
    """Write the configuration files of a service and work out its arguments and environment.

    Durations are divided by `factor`; those of an alert or scrape job in `slower` by no more than
    it says there. Raises ConfigError where a file mentions a listener that nobody declared.
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
            data, rewritten = _render_file(read, kind, relocation, factor, slower, layout)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(yaml_file.dump(data), encoding="utf-8")
            configs[kind] = data
            files.append(out)
            changes += rewritten
            if kind == "rules" and factor > 1:
                shipped_rules = yaml_file.read(read).data
                held += incompressible(shipped_rules, _shown(read, layout.root))
    for mount in service.mounts:
        if mount.is_volume:
            layout.make_volume(service, mount.target)
    if service.extension.host_logs:
        make_readable(layout.place(service, service.extension.host_logs))
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
    file: Path,
    kind: Kind,
    relocation: Relocation,
    factor: float,
    slower: Mapping[str, float],
    layout: Layout,
) -> tuple[Any, list[Change]]:
    data: Any = yaml_file.read(file).data
    changes: list[Change] = []
    if kind != "grafana":  # no duration in it delays anything
        where = _shown(file, layout.root)
        data, changes = compress_document(kind, data, factor, where, slower)
    if kind == "rules":  # an address in an annotation is text for people
        return data, changes
    if kind == "prometheus":
        data = _without_jobs_of(layout.absent, data)
    moved = relocation.prometheus(data) if kind == "prometheus" else relocation.document(data)
    if lost := layout.lost(relocation, moved):
        raise ConfigError(
            f"no declared listener for {', '.join(lost)}",
            file=file,
            hint="declare the port under x-smokestack.listen of that service in compose.yaml",
        )
    return moved, changes


def _without_jobs_of(absent: Collection[str], config: Mapping[str, Any]) -> dict[str, Any]:
    """Prometheus' configuration without the jobs that scrape only services which do not run."""
    jobs = [job for job in config.get("scrape_configs") or [] if not _is_of(absent, job)]
    return {**config, "scrape_configs": jobs} if "scrape_configs" in config else dict(config)


def _is_of(absent: Collection[str], job: Mapping[str, Any]) -> bool:
    targets = [t for group in job.get("static_configs") or [] for t in group.get("targets") or []]
    return bool(targets) and all(target.partition(":")[0] in absent for target in targets)


def _shown(file: Path, root: Path) -> str:
    """A file as the report names it: within the checkout, or in full."""
    return str(file.relative_to(root) if file.is_relative_to(root) else file)
