"""How much CPU time this machine had: what it used, and what its host kept from it.

A virtual machine whose host is short of CPU, or whose allowance is spent, stands still for
milliseconds to seconds whenever it has work to do. Linux counts that as steal time; other systems
tell nothing of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

MOST_STOLEN = 0.2
"""Of all cores' time: a wait of a second may then be one of seconds. On one such machine, at 60%,
requests of 1 ms took from 1 ms to 5 s."""

COUNTED = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""Without what Linux counts twice: guests' time is within the users'."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds of all cores since the machine began, at a moment in seconds since the epoch."""

    at: float
    total: float
    idle: float
    stolen: float


def read() -> Reading:
    """What the machine tells now."""
    times = psutil.cpu_times()
    of = {name: float(getattr(times, name, 0.0)) for name in COUNTED}
    return Reading(time.time(), sum(of.values()), of["idle"] + of["iowait"], of["steal"])


class Machine:
    """All cores of this machine, from its making on. Each look is a moment to reckon from."""

    def __init__(self, read: Callable[[], Reading] = read) -> None:
        self._read = read
        self._looks = [read()]

    def look(self) -> None:
        """Note where the machine stands."""
        self._looks.append(self._read())

    def busy(self) -> float:
        """The share of all cores' time, 0 to 1, that was not idle."""
        before, now = self._looks[0], self._read()
        return 1 - _share(now.idle - before.idle, now.total - before.total, none=1.0)

    def stolen(self, since: float = 0.0) -> float:
        """The share of all cores' time, 0 to 1, that the host kept, from the last look before a
        moment on.
        """
        before = next((one for one in reversed(self._looks) if one.at <= since), self._looks[0])
        now = self._read()
        return _share(now.stolen - before.stolen, now.total - before.total)

    def short(self, since: float = 0.0) -> str | None:
        """Why times since a moment cannot be told on this machine, None where they can."""
        if (stolen := self.stolen(since)) <= MOST_STOLEN:
            return None
        return f"the host of this virtual machine kept {stolen:.0%} of its CPU time (steal)"


def _share(part: float, whole: float, none: float = 0.0) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else none
