"""Which files Grafana is provisioned with, as compose.yaml mounts them: no Grafana need run.

Grafana reads `dashboards/*.yml` of its provisioning folder for the folders with dashboards, and
`datasources/*.yml` for data sources; both are paths inside of its container.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from smokestack import yaml_file
from smokestack.errors import ConfigError
from smokestack.stack.compose_file import Service, read_services
from smokestack.stack.plan import variables_of

GRAFANA = "grafana"


@dataclass(frozen=True)
class ProvisionedFiles:
    """The files of dashboards, and those of data sources."""

    dashboards: tuple[Path, ...] = ()
    sources: tuple[Path, ...] = ()


def provisioned_files(root: Path, system: str, stand_ins: Collection[str] = ()) -> ProvisionedFiles:
    """The files of a system's Grafana; none where compose.yaml has no Grafana.

    `stand_ins` are the services that run in place of others: some files are then read instead of
    others. Raises ConfigError for configuration that cannot be read.
    """
    compose = root / "compose" / "compose.yaml"
    services = read_services(compose, variables_of(root, system))
    grafana = services.get(GRAFANA)
    if grafana is None:
        return ProvisionedFiles()
    folder = next(t for t, kind in grafana.extension.config.items() if kind == GRAFANA)
    here = _here(grafana, folder)
    if here is None:
        raise ConfigError(f"grafana has nothing mounted at {folder}", file=compose)
    instead = {old: new for one in stand_ins for old, new in services[one].replaces.items()}
    sources = (file.resolve() for file in sorted((here / "datasources").glob("*.y*ml")))
    return ProvisionedFiles(
        dashboards=tuple(_dashboards(grafana, here)),
        sources=tuple(instead.get(file, file) for file in sources),
    )


def _here(service: Service, path: str) -> Path | None:
    """Where a path inside of a container lies; None where nothing of ours is mounted there."""
    inside = PurePosixPath(path)
    for mount in sorted(service.mounts, key=lambda one: -len(one.target)):
        if inside.is_relative_to(mount.target):
            return None if mount.is_volume else Path(mount.source, inside.relative_to(mount.target))
    return None


def _dashboards(grafana: Service, provisioning: Path) -> Iterator[Path]:
    """Every dashboard of every provider, its folders' folders included."""
    for file in sorted((provisioning / "dashboards").glob("*.y*ml")):
        for provider in (yaml_file.read(file).data or {}).get("providers") or ():
            folder = _here(grafana, _path_of(provider, file))
            yield from sorted(folder.rglob("*.json")) if folder else ()


def _path_of(provider: Any, file: Path) -> str:
    try:
        return str(provider["options"]["path"])
    except (LookupError, TypeError) as error:
        raise ConfigError("a provider of dashboards has no options.path", file=file) from error
