"""What a backend is asked to start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smokestack.stack.compose_file import Service, read_env_file, read_services
from smokestack.stack.passwords import passwords

ATTEMPTS = 3
"""How often a stack is started when somebody else takes a chosen port first."""

READY_S = 60.0
"""Seconds a server may take to become ready. Loki, the slowest, takes 0.5 to 3 s on 2 cores."""

ReadyProbe = Callable[[str], bool]
"""Asks a URL; True on 200. Raises ObservationError when it cannot be asked."""


@dataclass(frozen=True)
class Player:
    """The service that plays a role in a project of somebody else's; what is not usual of it."""

    service: str
    port: int | None = None
    ready: str | None = None
    config: str | None = None


@dataclass(frozen=True)
class Foreign:
    """A team's own Compose project: its files, profiles, and who plays which role."""

    files: tuple[Path, ...]
    roles: Mapping[str, Player]
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What to start. `keep` is where logs and configuration go when something went wrong.

    With `only`, no other services are started: all are rendered, but these run alone. `slower`
    has the largest factor of alerts and scrape jobs that bear less than the rest of the stack.
    """

    root: Path
    system: str
    run_id: str
    pace_factor: Callable[[Mapping[str, object]], float]
    application: tuple[str, ...]
    keep: Path
    ready_s: float = READY_S
    only: tuple[str, ...] = ()
    foreign: Foreign | None = None
    slower: Mapping[str, float] = field(default_factory=dict)

    @property
    def compose(self) -> Path:
        """The one definition of the stack."""
        return self.root / "compose" / "compose.yaml"

    def variables(self) -> dict[str, str]:
        """What fills in the variables of compose.yaml: the system's own file, and passwords."""
        return variables_of(self.root, self.system)

    def profile(self, variables: Mapping[str, str]) -> str:
        """The profile of compose.yaml whose servers the system has: that of its own name, or the
        one that its environment file names, as Compose itself reads it.
        """
        return variables.get("COMPOSE_PROFILES") or self.system

    def services(self, variables: Mapping[str, str]) -> dict[str, Service]:
        """Every service of compose.yaml."""
        return read_services(self.compose, variables)


def variables_of(root: Path, system: str) -> dict[str, str]:
    """What fills in the variables of compose.yaml for a system."""
    env = read_env_file(root / "systems" / system / "stack" / ".env")
    return {**passwords(), **env, "SYSTEM": system}
