"""What local processes use: each server's own one and everything that it started.

The one place that asks the operating system for it. What belongs to another user may refuse some
figures: those are None.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import psutil

from smokestack.usage import Usage

BLOCK = 512
"""POSIX counts `st_blocks` in units of 512 bytes, whatever the file system does."""


def usage_of(roots: Mapping[str, int], folders: Mapping[str, Iterable[Path]]) -> dict[str, Usage]:
    """Usage by server. `roots`: server -> the id of its process; `folders`: server -> its data.

    A process that is gone by now, or just begins, is left out.
    """
    children = _children()
    found = {}
    for server, pid in roots.items():
        tree = [one for one in map(_process, _tree(pid, children)) if one]
        if tree and tree[0].pid == pid:
            found[server] = _usage(tree, folders.get(server, ()))
    return found


def _children() -> Mapping[int, list[int]]:
    """Who started whom, of every process: asked once for all servers."""
    found: dict[int, list[int]] = defaultdict(list)
    for one in psutil.process_iter(["ppid"]):
        found[one.info["ppid"]].append(one.pid)
    return found


def _tree(pid: int, children: Mapping[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in children.get(pid, ()):
        yield from _tree(child, children)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _usage(tree: list[psutil.Process], folders: Iterable[Path]) -> Usage:
    return Usage(
        at=time.time(),
        life=f"{tree[0].pid}",
        cpu_s=_sum(tree, _cpu_s),
        memory=_sum(tree, _resident if len(tree) == 1 else _share),
        open_files=_sum(tree, lambda one: float(one.num_fds())),
        disk=_disk(folders),
    )


def _sum(tree: list[psutil.Process], read: Callable[[psutil.Process], float]) -> float | None:
    """The sum over a server's processes: those that ended meanwhile count nothing. None where
    one of them may not be read.
    """
    values = []
    for one in tree:
        try:
            values.append(read(one))
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        except psutil.Error:
            return None
    return sum(values) if values else None


def _cpu_s(one: psutil.Process) -> float:
    """Its own time, and that of children which have ended."""
    spent = one.cpu_times()
    return float(spent.user + spent.system + spent.children_user + spent.children_system)


def _resident(one: psutil.Process) -> float:
    return float(one.memory_info().rss)


def _share(one: psutil.Process) -> float:
    """Its proportional share, where the system tells it: processes of one server share pages, as
    those of PostgreSQL do its buffers, and each has them all in its resident memory.
    """
    try:
        return float(getattr(one.memory_full_info(), "pss", one.memory_info().rss))
    except psutil.AccessDenied:
        return _resident(one)


def _disk(folders: Iterable[Path]) -> float | None:
    """The bytes that folders hold on disk; None without folders. Files come and go meanwhile."""
    found = [_held(file) for folder in folders for file in folder.rglob("*")]
    return sum(found) if found else None


def _held(file: Path) -> float:
    try:
        return float(file.stat().st_blocks * BLOCK) if file.is_file() else 0.0
    except OSError:
        return 0.0
