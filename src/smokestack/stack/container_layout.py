"""Where a stack of containers lies: nothing moves, but we ask at published loopback ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smokestack.stack.compose_file import Service
from smokestack.stack.ports import LOOPBACK
from smokestack.stack.relocation import Relocation
from smokestack.stack.run_directory import HOST_LOGS


@dataclass(frozen=True)
class ContainerLayout:
    """The folder for rendered configuration, and the published port of each listener we ask."""

    folder: Path
    root: Path
    published: Mapping[tuple[str, int], int]
    """(service, port as compose.yaml has it) -> loopback port."""
    aliases: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """(service, port) of a server that another one stands in for -> the stand-in's own."""
    replaces: Mapping[Path, Path] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    def url(self, service: str, container_port: int) -> str:
        """The address, for us, of an HTTP listener."""
        key = self.aliases.get((service, container_port), (service, container_port))
        return f"http://{LOOPBACK}:{self.published[key]}"

    def inside(self, service: str, container_port: int) -> int:
        """The port on which a container listens: a stand-in takes the other's."""
        return self._taken(service).get(container_port, container_port)

    def names(self, service: str) -> list[str]:
        """The names of others under which a container must be found too."""
        return sorted({old for (old, _), (own, _) in self.aliases.items() if own == service})

    def relocation(self, service: Service) -> Relocation:
        """Containers find each other by name; only a stand-in listens where the other would."""
        moved = {own: f"0.0.0.0:{port}" for own, port in self._taken(service.name).items()}
        return Relocation(addresses={}, paths={}, listen=moved)

    def _taken(self, service: str) -> dict[int, int]:
        """A stand-in's own ports that move -> the port of the server whose place it takes."""
        return {
            own: old
            for (_, old), (name, own) in self.aliases.items()
            if name == service and own != old
        }

    def place(self, service: Service, target: str) -> Path:
        """Where the rendered files of one configuration mount go, or this run's own of the host's
        logs.
        """
        if target == service.extension.host_logs:
            return self.folder / HOST_LOGS
        name = Path(target).name
        if [Path(one).name for one in service.extension.config].count(name) > 1:
            name = target.strip("/").replace("/", "-")
        return self.folder / "config" / service.name / name

    def make_volume(self, service: Service, target: str) -> None:
        """Compose makes them."""

    def lost(self, relocation: Relocation, moved: Any) -> list[str]:  # noqa: ARG002
        """Nothing moved: a wrong address is for the checks to find."""
        return []
