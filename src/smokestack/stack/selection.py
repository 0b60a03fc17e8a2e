"""Which servers a native stack runs, with which programs, and what stands in for what."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import MissingBinary, UsageError
from smokestack.results import Standin
from smokestack.stack.binaries import find_binary, variable
from smokestack.stack.compose_file import Service
from smokestack.stack.distribution import folder

TEMPO_MAJOR = 3
"""The major version whose configuration compose/tempo/tempo.yml is (ruling 26)."""

VERSION_S = 10.0
"""Seconds in which a program must have said its version."""


@dataclass(frozen=True)
class Selection:
    """The services to run, the program (as an argument list) of each, and the stand-ins.

    `homes` are the folders of those programs that need to know; `replaces`, the shipped files
    that are read no longer since a stand-in runs, and those that are read instead.
    """

    services: Mapping[str, Service]
    programs: Mapping[str, tuple[str, ...]]
    standins: tuple[Standin, ...]
    aliases: Mapping[tuple[str, int], tuple[str, int]]
    trace_store: str
    homes: Mapping[str, Path]
    replaces: Mapping[Path, Path]


def select(services: Mapping[str, Service], profile: str) -> Selection:
    """Choose the services of a profile. Raises MissingBinary, with every missing one named.

    An optional service is left out where its program is not at hand.
    """
    chosen = {n: s for n, s in services.items() if profile in s.profiles and not _left_out(s)}
    if not chosen:
        raise UsageError(f"compose.yaml has no service for the profile {profile!r}")
    standin: Service | None = None
    if "tempo" in chosen and _tempo() is None:
        del chosen["tempo"]
        standin = chosen["jaeger"] = services["jaeger"]
    programs = _programs(chosen)
    return Selection(
        services=chosen,
        programs=programs,
        standins=(_jaeger(chosen, standin.replaces),) if standin else (),
        aliases=_aliases(standin) if standin else {},
        trace_store="tempo" if "tempo" in chosen else "jaeger",
        homes=_homes(chosen, programs),
        replaces=standin.replaces if standin else {},
    )


def _left_out(service: Service) -> bool:
    """Whether the stack runs without it. A program that was named, but wrongly, is an error."""
    binary = service.extension.binary
    if not service.extension.optional or os.environ.get(variable(binary)):
        return False
    try:
        find_binary(binary)
    except MissingBinary:
        return True
    return False


def _jaeger(services: Mapping[str, Service], replaces: Mapping[Path, Path]) -> Standin:
    """Why Jaeger runs, and for each server that reads other files because of it, which."""
    reasons = ["no tempo binary on PATH or in SMOKESTACK_TEMPO_BINARY"]
    reasons += [
        f"{name} reads {new.name} instead of {old.name}"
        for name, service in services.items()
        for mount in service.mounts
        for old, new in replaces.items()
        if mount.target in service.extension.config and old.is_relative_to(mount.source)
    ]
    return Standin("jaeger", "tempo", "; ".join(reasons))


def _aliases(standin: Service) -> dict[tuple[str, int], tuple[str, int]]:
    """(service, port) of the server whose place is taken -> the stand-in's own."""
    takes = standin.extension.stands_in
    if takes is None:
        return {}
    return {(takes.service, old): (standin.name, new) for old, new in takes.listen.items()}


def _homes(
    services: Mapping[str, Service], programs: Mapping[str, tuple[str, ...]]
) -> dict[str, Path]:
    return {
        name: folder(service.extension.binary, Path(programs[name][0]), service.extension.home)
        for name, service in services.items()
        if service.extension.home
    }


def _programs(services: Mapping[str, Service]) -> dict[str, tuple[str, ...]]:
    programs: dict[str, tuple[str, ...]] = {}
    missing: list[MissingBinary] = []
    for name, service in services.items():
        if service.extension.binary == "app":
            programs[name] = (sys.executable, "-m", "app")
            continue
        try:
            programs[name] = (str(find_binary(service.extension.binary)),)
        except MissingBinary as error:
            missing.append(error)
    if missing:
        names = ", ".join(error.message.split(" ")[0] for error in missing)
        raise MissingBinary(
            "not installed on this machine: " + "; ".join(error.message for error in missing)
            if len(missing) == 1
            else f"{len(missing)} server binaries are not installed on this machine: {names}",
            hint=missing[0].hint,
        )
    return programs


def _tempo() -> Path | None:
    """The tempo binary, None where there is none. Raises UsageError for another major version."""
    try:
        binary = find_binary("tempo")
    except MissingBinary:
        return None
    try:
        shown = subprocess.run(
            [binary, "-version"], capture_output=True, text=True, check=False, timeout=VERSION_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            f"{binary} does not say its version: {error}",
            hint="name another one in SMOKESTACK_TEMPO_BINARY, or take it off PATH to use Jaeger",
        ) from error
    version = re.search(r"version[ :=]+v?(\d+)", shown.stdout + shown.stderr)
    if version and int(version.group(1)) != TEMPO_MAJOR:
        raise UsageError(
            f"{binary} is Tempo {version.group(1)}, compose/tempo/tempo.yml for {TEMPO_MAJOR}",
            hint="name another one in SMOKESTACK_TEMPO_BINARY, or take it off PATH to use Jaeger",
        )
    return binary
