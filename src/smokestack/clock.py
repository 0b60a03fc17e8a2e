"""Was the clock of this machine set during the run? Times are compared across servers and harness,
which share it, so what lies on both sides of such a step cannot be compared.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

STEP_S = 0.1
"""So far wall clock and monotonic clock may come apart between two looks: far less than a step by
hand or by NTP, which slews what is less than 128 ms (ntpd's `step` threshold)."""

SLEW = 0.001
"""And so much of the time between two looks: twice the 500 ppm by which NTP slews a clock."""

SURE_S = 0.01
TRIES = 5


@dataclass
class Clock:
    """Wall clock and monotonic clock, compared at each look. Both give seconds."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    _last: tuple[float, float] | None = None
    _steps: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.look()

    def look(self) -> None:
        """Compare the clocks with how they stood at the last look."""
        with self._lock:
            at, apart, unsure = self._read()
            if self._last is not None:
                before_at, before = self._last
                step = apart - before
                if abs(step) > STEP_S + SLEW * (at - before_at) + unsure:
                    self._steps.append(step)
            self._last = at, apart

    def _read(self) -> tuple[float, float, float]:
        """Monotonic time, by how much the wall clock is ahead of it, and how sure that is: a
        process may be kept waiting between two readings.
        """
        best: tuple[float, float, float] | None = None
        for _ in range(TRIES):
            before = self.steady()
            wall = self.wall()
            after = self.steady()
            read = after, wall - (before + after) / 2, (after - before) / 2
            if best is None or read[2] < best[2]:
                best = read
            if best[2] <= SURE_S:
                break
        assert best is not None  # noqa: S101 - TRIES is more than none
        return best

    def stepped(self) -> str | None:
        """Why times of this run cannot be compared, or None where its clock was not set."""
        self.look()
        if not self._steps:
            return None
        largest = max(self._steps, key=abs)
        way = "forward" if largest > 0 else "back"
        return (
            f"the clock of this machine was set {way} by {abs(largest):.2f} s during the run: "
            "times before and after cannot be compared"
        )
