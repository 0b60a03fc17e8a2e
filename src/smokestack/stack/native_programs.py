"""The program that each service runs as, on a machine without containers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import MissingBinary, UsageError
from smokestack.stack.binaries import find_binary, variable
from smokestack.stack.compose_file import Service
from smokestack.stack.distribution import folder
from smokestack.stack.selection import Selection, select

TEMPO_MAJOR = 3
"""The major version whose configuration compose/tempo/tempo.yml is."""

VERSION_S = 10.0
"""Seconds in which a program must have said its version."""


@dataclass(frozen=True)
class Programs:
    """The program of each service, as the beginning of its argument list, and the folder of the
    distribution of those that need to know.
    """

    argv: Mapping[str, tuple[str, ...]]
    homes: Mapping[str, Path]


def lacking(service: Service) -> UsageError | None:
    """Why a service has no program here. A program that was named, but wrongly, is an error."""
    binary = service.extension.binary
    if binary == "app":
        return None
    if service.extension.container_logs:
        return UsageError("there are no containers natively")
    try:
        found = find_binary(binary)
    except MissingBinary as error:
        replaceable = service.extension.optional or binary == "tempo"
        if replaceable and os.environ.get(variable(binary)):
            raise
        if binary == "tempo":
            return MissingBinary(f"no tempo binary on PATH or in {variable(binary)}")
        return error
    if binary == "tempo":
        _require_major(found)
    return None


def choose(services: Mapping[str, Service], profile: str) -> tuple[Selection, Programs]:
    """The services of a profile that run here, and their programs. Raises UsageError."""
    selection = select(services, profile, lacking)
    found = _programs(selection.services)
    return selection, Programs(found, _homes(selection.services, found))


def _programs(services: Mapping[str, Service]) -> dict[str, tuple[str, ...]]:
    """The program of each service, as the beginning of its argument list."""
    return {name: _program(service) for name, service in services.items()}


def _program(service: Service) -> tuple[str, ...]:
    if service.extension.binary == "app":
        return (sys.executable, "-m", "app")
    program = str(find_binary(service.extension.binary))
    return ("/bin/sh", str(service.entrypoint), program) if service.entrypoint else (program,)


def _homes(
    services: Mapping[str, Service], programs: Mapping[str, tuple[str, ...]]
) -> dict[str, Path]:
    """The folders of those programs that need to know."""
    return {
        name: folder(service.extension.binary, Path(programs[name][-1]), service.extension.home)
        for name, service in services.items()
        if service.extension.home
    }


def _require_major(binary: Path) -> None:
    """Raise UsageError for a Tempo of another major version."""
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
