"""Which servers a native stack runs, with which programs, and what stands in for what."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import MissingBinary, UsageError
from smokestack.results import Standin
from smokestack.stack.binaries import find_binary
from smokestack.stack.compose_file import Service

TEMPO_MAJOR = 3
"""The major version whose configuration compose/tempo/tempo.yml is (ruling 26)."""

VERSION_S = 10.0
"""Seconds in which a program must have said its version."""


@dataclass(frozen=True)
class Selection:
    """The services to run, the program (as an argument list) of each, and the stand-ins."""

    services: Mapping[str, Service]
    programs: Mapping[str, tuple[str, ...]]
    standins: tuple[Standin, ...]
    aliases: Mapping[tuple[str, int], tuple[str, int]]
    trace_store: str


def select(services: Mapping[str, Service], profile: str) -> Selection:
    """Choose the services of a profile. Raises MissingBinary, with every missing one named."""
    chosen = {name: s for name, s in services.items() if profile in s.profiles}
    if not chosen:
        raise UsageError(f"compose.yaml has no service for the profile {profile!r}")
    standins: tuple[Standin, ...] = ()
    aliases: dict[tuple[str, int], tuple[str, int]] = {}
    tempo = _tempo() if "tempo" in chosen else None
    if "tempo" in chosen and tempo is None:
        del chosen["tempo"]
        jaeger = chosen["jaeger"] = services["jaeger"]
        standins = (
            Standin("jaeger", "tempo", "no tempo binary on PATH or in SMOKESTACK_TEMPO_BINARY"),
        )
        takes = jaeger.extension.stands_in
        aliases = (
            {(takes.service, old): ("jaeger", new) for old, new in takes.listen.items()}
            if takes
            else {}
        )
    return Selection(
        services=chosen,
        programs=_programs(chosen),
        standins=standins,
        aliases=aliases,
        trace_store="tempo" if "tempo" in chosen else "jaeger",
    )


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
