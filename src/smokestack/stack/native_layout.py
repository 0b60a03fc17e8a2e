"""Where a native stack lies: its folders, and a loopback port for every declared listener."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smokestack.stack.compose_file import Service
from smokestack.stack.ports import LOOPBACK
from smokestack.stack.relocation import Relocation
from smokestack.stack.run_directory import HOST_LOGS

SECRETS = "/run/secrets"
"""Where a container has its secrets."""


@dataclass(frozen=True)
class NativeLayout:
    """Its folder, and the loopback port of every listener."""

    folder: Path
    root: Path
    ports: Mapping[tuple[str, int], int]
    aliases: Mapping[tuple[str, int], tuple[str, int]]
    """(service, port) of a server that another one stands in for -> the stand-in's own."""
    homes: Mapping[str, Path] = field(default_factory=dict)
    """Service -> the folder of its program's distribution, where it needs to know."""
    replaces: Mapping[Path, Path] = field(default_factory=dict)
    """A shipped file -> the one that is read instead, since a stand-in is another server."""

    absent: Collection[str] = ()

    def port(self, service: str, container_port: int) -> int:
        """The loopback port of a listener."""
        return self.ports[self.aliases.get((service, container_port), (service, container_port))]

    def address(self, service: str, container_port: int) -> str:
        """Where a listener of a service is here."""
        return f"{LOOPBACK}:{self.port(service, container_port)}"

    def url(self, service: str, container_port: int) -> str:
        """The address of an HTTP listener."""
        return f"http://{self.address(service, container_port)}"

    def relocation(self, service: Service) -> Relocation:
        """Everything that moves, from the point of view of one server."""
        known = set(self.ports) | set(self.aliases)
        addresses = {key: self.address(*key) for key in known}
        own = {port: self.address(service.name, port) for port in service.extension.listen.values()}
        return Relocation(addresses=addresses, paths=self.paths(service), listen=own)

    def paths(self, service: Service) -> dict[str, str]:
        """Container path of each mount, of the program's own files and of its secrets -> here."""
        paths = {mount.target: str(self.place(service, mount.target)) for mount in service.mounts}
        if service.extension.home and service.name in self.homes:
            paths[service.extension.home.path] = str(self.homes[service.name])
        if service.secrets:
            paths[SECRETS] = str(self.folder / "secrets" / service.name)
        return paths

    def place(self, service: Service, target: str) -> Path:
        """Where one mount of a service is: rendered, a volume of this run, or as it stands."""
        mount = next(mount for mount in service.mounts if mount.target == target)
        if target in service.extension.config:
            return self.folder / "config" / service.name / Path(target).name
        if target == service.extension.host_logs:
            return self.folder / HOST_LOGS
        if mount.is_volume:
            return self.folder / "data" / mount.source
        return Path(mount.source)

    def own_data(self, services: Sequence[Service]) -> dict[str, list[Path]]:
        """Service -> the folders of the volumes that no other service has too."""
        volumes = [(one, mount) for one in services for mount in one.mounts if mount.is_volume]
        shared = Counter(mount.source for _, mount in volumes)
        found: dict[str, list[Path]] = {}
        for service, mount in volumes:
            if shared[mount.source] == 1:
                found.setdefault(service.name, []).append(self.place(service, mount.target))
        return found

    def make_volume(self, service: Service, target: str) -> None:
        """A folder of this run."""
        self.place(service, target).mkdir(parents=True, exist_ok=True)

    def lost(self, relocation: Relocation, moved: Any) -> list[str]:
        """Addresses that still name a service: nobody declared that listener."""
        services = {service for service, _ in self.ports} | {alias for alias, _ in self.aliases}
        return relocation.unrelocated(moved, services)
