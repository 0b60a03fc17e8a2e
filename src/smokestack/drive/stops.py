"""A server that is stopped for a while, as a stimulus."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from smokestack.drive.stimulus import Told


@dataclass
class Stops:
    """Ends a server for real, and starts it again."""

    service: str
    stop: Callable[[str], None]
    start: Callable[[str], None]
    fills_window: bool = False
    _down: bool = False
    _stopped_at: list[float] = field(default_factory=list)

    def prepare(self) -> None:
        """A server that runs is all that is needed."""

    def apply(self, value: float) -> None:
        """1 stops it; 0 starts it again, if it is stopped. Returns once that is done."""
        if value >= 1 and not self._down:
            self.stop(self.service)
            self._down = True
            self._stopped_at.append(time.time())
        elif value < 1 and self._down:
            self.start(self.service)
            self._down = False

    def end(self) -> None:
        """Never leave it stopped."""
        self.apply(0.0)

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """Whether it was stopped in each phase."""
        held, driven = (
            float(any(start <= at < end for at in self._stopped_at))
            for start, end in ((hold_at, drive_at), (drive_at, recover_at))
        )
        return Told(f"1 for a stop of {self.service}", held, driven)
