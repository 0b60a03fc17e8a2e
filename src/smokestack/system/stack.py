"""What must be true of the stack itself: what its containers may use, and, of a team's own one, who
plays which role.
"""

from __future__ import annotations

from typing import Annotated

import pydantic

from smokestack.system.units import Bytes, Section


class Limit(Section):
    """What a container may use at most: cores, and bytes of memory."""

    cpus: float
    memory: Bytes


class Output(Section):
    """The services whose output must be in Loki, and the labels that tell whose a line is: of
    which service, and of which Compose project.
    """

    services: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    service_label: str = "container_service"
    project_label: str = "container_project"


class Containers(Section):
    """What must be true of the containers, where the servers run in some."""

    limits: dict[str, Limit]
    families: tuple[str, ...] = ()
    output: Output | None = None


class OwnService(Section):
    """A service of a team's own project, and what is not usual of it."""

    service: str
    port: int | None = None
    ready: str | None = None
    config: str | None = None


class OwnStack(Section):
    """A team's own Compose project, started instead of ours. `compose` are its files, relative to
    system.yaml; `services` says which of its services plays which role.
    """

    compose: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    profiles: tuple[str, ...] = ()
    services: dict[str, str | OwnService]
