"""Where the server binaries are: named in the environment, in the per-user cache, or on PATH.

The cache is `$SMOKESTACK_CACHE`, else `$XDG_CACHE_HOME/smokestack`, else `~/.cache/smokestack`.
A server's folder in it, `native/<server>-<key>/`, appears whole or not at all, so that what is
there can be run without a lock. Only install.py and build.py write to it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import MissingBinary
from smokestack.stack.catalogue import Catalogue, ServerBuild, load_catalogue


@dataclass(frozen=True)
class OnMachine:
    """A program that is not built here: its other name, where below / its package puts it,
    and the package, of Debian and its relatives.
    """

    also: str | None = None
    place: str | None = None
    package: str | None = None


ONLY_ON_PATH: Mapping[str, OnMachine] = {
    "tempo": OnMachine(),
    "grafana": OnMachine(),
    "postgres": OnMachine(place="usr/lib/postgresql/*/bin/postgres", package="postgresql"),
    "redis-server": OnMachine(package="redis-server"),
    "rabbitmq-server": OnMachine(
        place="usr/lib/rabbitmq/bin/rabbitmq-server", package="rabbitmq-server"
    ),
    "postgres_exporter": OnMachine(
        also="prometheus-postgres-exporter", package="prometheus-postgres-exporter"
    ),
    "redis_exporter": OnMachine(
        also="prometheus-redis-exporter", package="prometheus-redis-exporter"
    ),
}
"""Servers that have no Go module to build from: a program of this machine is taken for them."""

INSTALL_COMMAND = "smokestack install"


def cache_root() -> Path:
    """The per-user cache folder; it need not exist yet."""
    if own := os.environ.get("SMOKESTACK_CACHE"):
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "smokestack"


def server_folder(build: ServerBuild) -> Path:
    """Where the cache keeps the binaries of one server, built or not."""
    return cache_root() / "native" / f"{build.name}-{build.key()}"


def is_cached(build: ServerBuild) -> bool:
    """Whether every binary of the server is in the cache, built from the present inputs."""
    folder = server_folder(build)
    return all(_runs(folder / name) for name, _ in build.binaries)


def variable(binary: str) -> str:
    """The environment variable that names a binary to use instead of the built one."""
    return f"SMOKESTACK_{binary.upper().replace('-', '_')}_BINARY"


def find_binary(name: str) -> Path:
    """The binary to run for `name`.

    Looked for in the environment (`SMOKESTACK_<NAME>_BINARY`), then in the cache or, for those of
    `ONLY_ON_PATH`, on PATH and where their package has them.

    Raises:
        MissingBinary: when there is none; says which command or variable helps.
    """
    if named := os.environ.get(variable(name)):
        return _named(name, Path(named).expanduser().absolute())
    if name in ONLY_ON_PATH:
        return _on_path(name)
    return _built(name, load_catalogue())


def missing(servers: Sequence[str] | None = None) -> list[str]:
    """Which of the servers (all, for None) lack a binary and would be built by `install`."""
    return [build.name for build in load_catalogue().select(servers) if not _complete(build)]


def _complete(build: ServerBuild) -> bool:
    folder = server_folder(build)
    return all(os.environ.get(variable(name)) or _runs(folder / name) for name, _ in build.binaries)


def _runs(file: Path) -> bool:
    return file.is_file() and os.access(file, os.X_OK)


def _named(name: str, file: Path) -> Path:
    if _runs(file):
        return file
    raise MissingBinary(
        f"{variable(name)} names {file}, which is not a program that can be run",
        hint=f"correct or unset {variable(name)}",
    )


def _on_path(name: str) -> Path:
    known = ONLY_ON_PATH[name]
    for each in filter(None, (name, known.also)):
        if found := shutil.which(each):
            return Path(found).absolute()
    packaged = Path("/").glob(known.place) if known.place else ()
    if newest := max(packaged, key=_release, default=None):
        return newest
    why = "and it cannot be built here: its Go module is not published"
    if known.package:
        why = f"`{install_command(name)}` installs it"
    raise MissingBinary(
        f"{name} is not on PATH, {why}",
        hint=f"put {name} on PATH or name it in {variable(name)}; the stack also runs without it",
    )


def install_command(name: str) -> str | None:
    """The command of Debian and its relatives that installs a program that is not built here."""
    package = ONLY_ON_PATH[name].package
    return f"apt-get install {package}" if package else None


def _release(file: Path) -> list[int]:
    """The numbers in a path, by which the newest of several releases is found."""
    return [int(number) for number in re.findall(r"\d+", str(file))]


def _built(name: str, catalogue: Catalogue) -> Path:
    build = catalogue.giving(name)
    if build is None:
        known = [binary for each in catalogue.by_name.values() for binary, _ in each.binaries]
        raise MissingBinary(
            f"{name} is not among the servers that can be built: {', '.join(known)}",
            hint=f"name the program in {variable(name)}",
        )
    file = server_folder(build) / name
    if _runs(file):
        return file
    raise MissingBinary(
        f"{name} ({build.name} {build.version}) is not installed: there is no {file}",
        hint=f"run `{INSTALL_COMMAND}`, which builds it once, or name it in {variable(name)}",
    )
