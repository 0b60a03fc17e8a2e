"""What the stack tests ask of processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from smokestack.wait import Waited, until


def alive(process: psutil.Process) -> bool:
    """Whether it still does anything: one that nobody has collected yet is dead."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def gone(
    processes: Sequence[psutil.Process], within_s: float = 10.0
) -> Waited[list[psutil.Process]]:
    """Wait until none of them is alive; the value is who still is."""
    return until(
        lambda: [one for one in processes if alive(one)], lambda left: not left, within_s=within_s
    )


def end(processes: Iterable[psutil.Process]) -> None:
    """Kill these very processes, if they are still there."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def living_in(folder: Path) -> list[psutil.Process]:
    """Every process whose folder for temporary files is this one: a run's own, and no other's."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(folder) and alive(process):
                found.append(process)
    return found


def names_of(processes: Iterable[psutil.Process]) -> set[str]:
    """The names of those that have not ended meanwhile."""
    found = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.add(process.name())
    return found
