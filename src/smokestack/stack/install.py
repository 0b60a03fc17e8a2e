"""`smokestack install`: builds the servers that are not in the cache yet, several at once.

All modules are fetched while the first server compiles. The shortest build goes first, because it
compiles the standard library that all share; then the longest. One server that fails does not
keep the others from being built. Ctrl-C, SIGTERM and a closed terminal end every Go process.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import psutil
from rich.console import Console

from smokestack.errors import SmokestackError, UsageError
from smokestack.stack.binaries import cache_root, is_cached
from smokestack.stack.build import Bench, install_server
from smokestack.stack.build_state import Board
from smokestack.stack.catalogue import ServerBuild, load_catalogue
from smokestack.stack.install_display import display_for, span
from smokestack.stack.toolchain import Processes, require_go

MEMORY_PER_BUILD = 3 * 1024**3
"""Bytes that one build may take at its peak, in the linker."""
FETCHES_AT_ONCE = 3
_LOOK_S = 0.25
_UNWOUND = (signal.SIGTERM, signal.SIGHUP)


def install(servers: Sequence[str] | None = None, console: Console | None = None) -> None:
    """Build the named servers (all, for None) that are not in the cache yet.

    Raises:
        UsageError: when Go is missing or too old, the cache cannot be written, or a build fails.
    """
    console = console or Console(stderr=True)
    builds = [build for build in load_catalogue().select(servers) if not is_cached(build)]
    if not builds:
        return
    go = require_go(builds)
    _make_cache()
    board = Board(builds)
    _announce(builds, board, console)
    failures = _run_all(go, builds, board, console)
    if failures:
        raise _all_in_one(failures)
    console.print(f"installed in {span(board.elapsed_s)}", highlight=False)


def _announce(builds: Sequence[ServerBuild], board: Board, console: Console) -> None:
    names = ", ".join(f"{build.name} {build.version}" for build in builds)
    console.print(
        f"building {names} once, into {cache_root()}; a first build takes about "
        f"{span(board.remaining_s())} on 2 cores",
        highlight=False,
        soft_wrap=True,
    )


def _make_cache() -> None:
    root = cache_root()
    try:
        for folder in (root / "native", root / "logs"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ".writable").touch()
    except OSError as error:
        raise _cannot_write(error) from error


def _cannot_write(error: OSError) -> UsageError:
    return UsageError(
        f"the cache {cache_root()} cannot be written: {error.strerror} ({error.filename})",
        hint="make room or change its rights, or name another folder in SMOKESTACK_CACHE",
    )


def _run_all(
    go: str, builds: Sequence[ServerBuild], board: Board, console: Console
) -> list[BaseException]:
    with (
        _signals_raise(),
        ThreadPoolExecutor(len(builds), thread_name_prefix="install") as pool,
        Processes(go) as processes,
        display_for(board, console) as display,
    ):
        bench = _bench(processes, board)
        futures = [pool.submit(install_server, build, bench) for build in _ordered(builds)]
        pending: set[Future[None]] = set(futures)
        while pending:
            pending = wait(pending, timeout=_LOOK_S).not_done
            display.look()
        return [error for error in (future.exception() for future in futures) if error]


def _ordered(builds: Sequence[ServerBuild]) -> list[ServerBuild]:
    longest_first = sorted(builds, key=lambda build: -build.cold_s)
    return longest_first[-1:] + longest_first[:-1]


def _bench(processes: Processes, board: Board) -> Bench:
    cores = os.cpu_count() or 1
    by_memory = psutil.virtual_memory().available // MEMORY_PER_BUILD
    builds = max(1, min(cores, by_memory, len(board.states())))
    return Bench(
        processes=processes,
        board=board,
        fetch_slots=threading.Semaphore(FETCHES_AT_ONCE),
        build_slots=threading.Semaphore(builds),
        parallel_per_build=max(2, 2 * cores // builds),
    )


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind like Ctrl-C does, so that nothing that we started is left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _leave) for number in _UNWOUND}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _all_in_one(failures: Sequence[BaseException]) -> BaseException:
    """One error for all that failed; an exception that is not ours stays as it is."""
    told: list[SmokestackError] = []
    for failure in failures:
        if isinstance(failure, OSError):
            told.append(_cannot_write(failure))
        elif isinstance(failure, SmokestackError):
            told.append(failure)
        else:
            return failure
    return UsageError("\n".join(each.message for each in told), hint=told[0].hint)
