"""Builds one server into the cache: locked, atomic, with a log that is kept.

The lock is per server and per user. Whoever comes second waits, then finds the work done. The
binaries are built in a folder beside their final place and renamed into it; an interrupted build
leaves nothing there, and what it compiled stays in Go's own build cache for the next try.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from smokestack.errors import UsageError
from smokestack.stack.binaries import INSTALL_COMMAND, cache_root, is_cached, server_folder
from smokestack.stack.build_state import Board, Phase
from smokestack.stack.catalogue import ServerBuild
from smokestack.stack.toolchain import Processes

SHOWN_LINES = 15
"""How many of the last lines of a log a failure shows."""
_LOOK_S = 0.2
_FETCHES = "8"
_DISK_FULL = "no space left on device"


@dataclass(frozen=True)
class Bench:
    """What all builds of one installation share."""

    processes: Processes
    board: Board
    fetch_slots: threading.Semaphore
    build_slots: threading.Semaphore
    parallel_per_build: int


def install_server(build: ServerBuild, bench: Bench) -> None:
    """Have the server's binaries in the cache when this returns.

    Raises:
        UsageError: when Go could not build it; shows the last lines of its log.
        CancelledError: when the installation is being stopped.
    """
    with _locked(build, bench):
        if is_cached(build):
            bench.board.phase(build.name, Phase.CACHED)
            return
        try:
            with _log_file(build).open("w") as log:
                _fetch(build, bench, log)
                _build(build, bench, log)
        except UsageError:
            bench.board.phase(build.name, Phase.FAILED)
            raise
        bench.board.phase(build.name, Phase.DONE)


@contextmanager
def _locked(build: ServerBuild, bench: Bench) -> Iterator[None]:
    with (cache_root() / "native" / f".{build.name}.lock").open("w") as lock:
        if not _try_lock(lock):
            bench.board.phase(build.name, Phase.WAITING)
            while not _try_lock(lock):
                bench.processes.stopped.wait(_LOOK_S)
                bench.processes.check()
        yield


def _try_lock(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _slot(slots: threading.Semaphore, bench: Bench) -> Iterator[None]:
    while not slots.acquire(timeout=_LOOK_S):
        bench.processes.check()
    try:
        yield
    finally:
        slots.release()


def _fetch(build: ServerBuild, bench: Bench, log: TextIO) -> None:
    """Download the modules that are needed, and count the packages not compiled yet.

    `go list -deps` loads exactly the packages of the build, so no module comes that is not used.
    """
    listed = {"true": 0, "false": 0}

    def on_line(line: str) -> None:
        if line in listed:
            listed[line] += 1
        else:
            print(line, file=log, flush=True)

    arguments = ["list", "-deps", "-f", "{{.Stale}}", *build.flags, *build.packages]
    with _slot(bench.fetch_slots, bench):
        bench.board.phase(build.name, Phase.FETCHING)
        code = bench.processes.run(
            arguments,
            folder=build.module,
            on_line=on_line,
            environment={"GOMAXPROCS": _FETCHES},
        )
    if code:
        raise _failure(build, code, "the modules could not be had")
    bench.board.fetched(build.name, packages=sum(listed.values()), stale=listed["true"])


def _build(build: ServerBuild, bench: Bench, log: TextIO) -> None:
    with _slot(bench.build_slots, bench), _beside(build) as beside:
        bench.board.phase(build.name, Phase.COMPILING)
        output = beside / "binaries"
        output.mkdir()
        code = _compile(build, bench, log, output)
        if code:
            raise _failure(build, code, "it does not build")
        _name_binaries(build, output)
        final = server_folder(build)
        shutil.rmtree(final, ignore_errors=True)
        output.rename(final)


def _compile(build: ServerBuild, bench: Bench, log: TextIO, output: Path) -> int:
    def on_line(line: str) -> None:
        print(line, file=log, flush=True)
        if " " not in line:
            bench.board.compiled(build.name)

    parallel = ["-p", str(bench.parallel_per_build)]
    return bench.processes.run(
        ["build", "-v", *parallel, "-o", f"{output}/", *build.flags, *build.packages],
        folder=build.module,
        on_line=on_line,
        environment={"GOTMPDIR": str(output.parent)},
    )


def _name_binaries(build: ServerBuild, output: Path) -> None:
    """Go names a program after its package's folder; give each the name from the catalogue."""
    for name, package in build.binaries:
        (output / package.rpartition("/")[2]).rename(output / name)


@contextmanager
def _beside(build: ServerBuild) -> Iterator[Path]:
    """A folder for the work, next to the final place; those of killed builds are removed."""
    native = cache_root() / "native"
    prefix = f".{build.name}-work-"
    for left in native.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=native))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _log_file(build: ServerBuild) -> Path:
    return cache_root() / "logs" / f"{build.name}.log"


def _failure(build: ServerBuild, code: int, what: str) -> UsageError:
    file = _log_file(build)
    lines = file.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
    shown = "\n".join(f"    {line}" for line in lines)
    if any(_DISK_FULL in line for line in lines):
        what = "the disk is full (a first build of all servers needs about 10 GB)"
    return UsageError(
        f"{build.name} {build.version}: {what} (go ended with {code}). "
        f"The last lines of {file}:\n{shown}",
        hint=f"put that right and run `{INSTALL_COMMAND}` again: it goes on where it stopped",
    )
