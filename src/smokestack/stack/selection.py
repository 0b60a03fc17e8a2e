"""Which services a stack runs, what is left out, and what stands in for what.

A backend says of each service whether it can be had here; the rules are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from smokestack.errors import UsageError
from smokestack.results import LeftOut, Standin
from smokestack.stack.compose_file import Service

Lacking = Callable[[Service], UsageError | None]
"""Why a service cannot run here; None where it can."""

TRACE_STORES = ("tempo", "jaeger")


@dataclass(frozen=True)
class Selection:
    """The services to run, the stand-ins, and the optional services that are left out.

    `replaces` are the shipped files that are read no longer since a stand-in runs, and those
    that are read instead. `trace_store` is None where the system has none.
    """

    services: Mapping[str, Service]
    standins: tuple[Standin, ...] = ()
    aliases: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """(service, port) of the server whose place is taken -> the stand-in's own."""
    trace_store: str | None = None
    replaces: Mapping[Path, Path] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()


def select(services: Mapping[str, Service], profile: str, lacking: Lacking) -> Selection:
    """Choose the services of a profile.

    An optional service that cannot be had is left out, with what gives its metrics; one that
    another can stand in for is replaced. Raises the UsageError of the first service that can be
    neither, with all named.
    """
    chosen = {name: s for name, s in services.items() if profile in s.profiles}
    if not chosen:
        known = sorted({name for service in services.values() for name in service.profiles})
        raise UsageError(
            f"compose.yaml has no service for the profile {profile!r}",
            hint="name another as COMPOSE_PROFILES in stack/.env of the system; "
            f"known: {', '.join(known)}",
        )
    lacks = {name: why for name, service in chosen.items() if (why := lacking(service))}
    lacks |= _exporters_of(lacks, chosen)
    left_out = [name for name in lacks if chosen[name].extension.optional]
    standins = {
        name: other
        for name in lacks
        if name not in left_out
        for other in services.values()
        if _takes_place_of(other, name) and lacking(other) is None
    }
    if missing := [name for name in lacks if name not in {*left_out, *standins}]:
        raise _missing([_neither(name, lacks[name], services, lacking) for name in missing])
    running = {n: s for n, s in chosen.items() if n not in lacks}
    running |= {other.name: other for other in standins.values()}
    return Selection(
        services=running,
        standins=tuple(
            _standin(running, name, other, lacks[name]) for name, other in standins.items()
        ),
        aliases={old: new for other in standins.values() for old, new in _aliases(other).items()},
        trace_store=next((name for name in TRACE_STORES if name in running), None),
        replaces={o: n for other in standins.values() for o, n in other.replaces.items()},
        left_out=tuple(LeftOut(name, lacks[name].message) for name in left_out),
    )


def _exporters_of(
    lacks: Mapping[str, UsageError], chosen: Mapping[str, Service]
) -> dict[str, UsageError]:
    """What gives the metrics of a server that does not run has none to give."""
    return {
        name: lacks[of]
        for name, service in chosen.items()
        if (of := service.extension.exports) in lacks and of is not None
    }


def _takes_place_of(other: Service, name: str) -> bool:
    takes = other.extension.stands_in
    return takes is not None and takes.service == name


def _neither(
    name: str, why: UsageError, services: Mapping[str, Service], lacking: Lacking
) -> UsageError:
    """Why a service cannot run, and why none runs in its place where another could."""
    others = [lacking(other) for other in services.values() if _takes_place_of(other, name)]
    text = "; and instead of it: ".join([why.message, *(o.message for o in others if o)])
    return type(why)(text, hint=why.hint)


def _missing(errors: Sequence[UsageError]) -> UsageError:
    if len(errors) == 1:
        return errors[0]
    text = "; ".join(error.message for error in errors)
    return type(errors[0])(f"{len(errors)} servers cannot be had here: {text}", hint=errors[0].hint)


def _standin(
    services: Mapping[str, Service], name: str, other: Service, why: UsageError
) -> Standin:
    """Why one service runs instead of another, and which servers read other files for it."""
    reasons = [why.message]
    reasons += [
        f"{reader} reads {new.name} instead of {old.name}"
        for reader, service in services.items()
        for mount in service.mounts
        for old, new in other.replaces.items()
        if mount.target in service.extension.config and old.is_relative_to(mount.source)
    ]
    return Standin(other.name, name, "; ".join(reasons))


def _aliases(standin: Service) -> dict[tuple[str, int], tuple[str, int]]:
    takes = standin.extension.stands_in
    if takes is None:
        return {}
    return {(takes.service, old): (standin.name, new) for old, new in takes.listen.items()}
