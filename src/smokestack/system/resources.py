"""What the servers may use, what a request may cost, and how much may be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import pydantic

from smokestack.system.stack import Limit
from smokestack.system.units import Bytes, Section, Share

Fault = tuple[tuple[str | int, ...], str]
Count = Annotated[int, pydantic.Field(ge=1)]


class ServerLimits(Section):
    """What a server may use at most. `cpus` and `memory` only where `containers.limits` does not
    say so already, or where less is promised than a container may use. `series` are those that
    Prometheus has in its head, `streams` those that Loki has in memory.
    """

    cpus: Annotated[float, pydantic.Field(gt=0)] | None = None
    memory: Bytes | None = None
    open_files: Count | None = None
    series: Count | None = None
    streams: Count | None = None


class Idle(Section):
    """What several servers together may use while nobody asks for anything, as a share of one
    core. Those that do not run count nothing.
    """

    cpu: Share
    servers: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]


class PerRequest(Section):
    """Bytes that a request may add, by signal, as the servers count what they are sent."""

    logs: Bytes | None = None
    traces: Bytes | None = None


class Disk(Section):
    """How much may be added in a day, with so many requests in it."""

    requests_a_day: Count
    growth_a_day: Bytes | None = None


class MeasuredByOthers(Section):
    """What a document measured of a server, in its own words: shown beside ours, never a limit."""

    cpu_idle: str | None = None
    cpu_load: str | None = None
    memory: str | None = None


class Resources(Section):
    """Limits and budgets: each part is asked where it is there."""

    servers: dict[str, ServerLimits] = pydantic.Field(default_factory=dict)
    idle: Idle | None = None
    per_request: PerRequest = PerRequest()
    disk: Disk | None = None
    measured: dict[str, MeasuredByOthers] = pydantic.Field(default_factory=dict)

    def limits(self, containers: Mapping[str, Limit]) -> dict[str, ServerLimits]:
        """What each server may use, with what `containers.limits` says of it."""
        names = sorted(set(containers) | set(self.servers))
        return {name: self._of(name, containers.get(name)) for name in names}

    def _of(self, name: str, container: Limit | None) -> ServerLimits:
        own = self.servers.get(name, ServerLimits())
        if container is None:
            return own
        said = {
            "cpus": own.cpus or container.cpus,
            "memory": own.memory or container.memory,
        }
        return own.model_copy(update=said)

    def faults(self, containers: Mapping[str, Limit]) -> Iterator[Fault]:
        """A limit that is stated twice, or that could never be reached."""
        for name, own in self.servers.items():
            held = containers.get(name)
            for key in ("cpus", "memory"):
                most = getattr(held, key) if held else None
                if most is not None and getattr(own, key) is not None and getattr(own, key) >= most:
                    why = f"containers.limits.{name}.{key} allows no more: leave it out here"
                    yield ("resources", "servers", name, key), why
            if own.series is not None and name != "prometheus":
                yield ("resources", "servers", name, "series"), "only prometheus has any"
            if own.streams is not None and name != "loki":
                yield ("resources", "servers", name, "streams"), "only loki has any"
