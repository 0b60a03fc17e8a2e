"""What this machine can run, what is missing, and the command that helps."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from smokestack.errors import SmokestackError
from smokestack.stack import kept, leftovers
from smokestack.stack.binaries import (
    ONLY_ON_PATH,
    cache_root,
    find_binary,
    install_command,
    missing,
    variable,
)
from smokestack.stack.catalogue import load_catalogue
from smokestack.stack.engine_connect import connect
from smokestack.stack.toolchain import require_go

BUILD_BYTES = 12 * 1024**3
"""Room that a first build takes: 4.7 GB of modules, 4.7 GB of build cache, 0.4 GB of binaries."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `needed` tells what a run cannot do without."""

    name: str
    good: bool
    seen: str
    hint: str | None = None
    needed: bool = True


def examine() -> list[Finding]:
    """Look at everything that a run needs or can use. Changes nothing."""
    lacking = missing()
    return [
        _python(),
        _platform(),
        *_servers(lacking),
        _go(needed=bool(lacking)),
        *_optional(),
        *_docker(needed=False),
        _disk(needed=bool(lacking)),
        _kept(),
    ]


def _python() -> Finding:
    return Finding("python", True, f"{platform.python_version()} at {sys.executable}")


def _platform() -> Finding:
    good = sys.platform in ("linux", "darwin")
    seen = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    if sys.platform == "darwin":
        seen += "; orphans of a killed run are ended as far as they can be found"
    return Finding("platform", good, seen, "the native backend runs on Linux and macOS")


def _servers(lacking: Iterable[str]) -> Iterable[Finding]:
    absent = set(lacking)
    for name, build in load_catalogue().by_name.items():
        there = name not in absent
        seen = f"{build.version}, {'installed' if there else 'not installed'}"
        hint = f"smokestack install {name}   (builds it, about {build.cold_s / 60:.0f} min)"
        yield Finding(name, there, seen, hint)


def _go(*, needed: bool) -> Finding:
    try:
        version = require_go(list(load_catalogue().by_name.values()))
    except SmokestackError as error:
        return Finding("go", False, error.message, error.hint, needed=needed)
    return Finding("go", True, version, needed=needed)


def _optional() -> Iterable[Finding]:
    for name in ONLY_ON_PATH:
        try:
            yield Finding(name, True, str(find_binary(name)), needed=False)
        except SmokestackError:
            without = "Jaeger takes its place" if name == "tempo" else "the stack runs without it"
            hint = f"put it on PATH, or name it in {variable(name)}"
            if command := install_command(name):
                hint = f"{command}   (or name it in {variable(name)})"
            yield Finding(name, False, f"not here: {without}", hint, needed=False)


def _docker(*, needed: bool) -> Iterable[Finding]:
    try:
        engine = connect()
    except SmokestackError as error:
        yield Finding("docker", False, error.message, error.hint, needed=needed)
        return
    left = leftovers.of_others(engine)
    yield Finding("docker", True, f"{engine.name} answers, with compose", needed=False)
    if left:
        hint = "another machine, user or TMPDIR made them: end them there, or `docker rm -f` them"
        yield Finding("in the engine", False, ", ".join(left), hint, needed=False)
    engine.close()


def _disk(*, needed: bool) -> Finding:
    folder = cache_root()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    good = free > (BUILD_BYTES if needed else 1024**3)
    hint = f"a first build takes about {BUILD_BYTES / 1024**3:.0f} GiB; set SMOKESTACK_CACHE"
    return Finding("disk", good, f"{free / 1024**3:.0f} GiB free at {folder}", hint)


def _kept() -> Finding:
    stacks = [one.run_id for one in kept.running()]
    if not stacks:
        return Finding("left running", True, "no stack", needed=False)
    return Finding(
        "left running", False, ", ".join(stacks), "smokestack down ends them", needed=False
    )
