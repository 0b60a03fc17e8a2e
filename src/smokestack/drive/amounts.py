"""What the application is told to do on purpose, as a stimulus: so much of something, for real; or
a gauge that shows what it is told, which is no more than a simulation.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from smokestack.drive.stimulus import Told
from smokestack.errors import ObservationError
from smokestack.observe.edge import Edge

FAULTS = "/-/faults"
"""Where the sample application is told; it listens there only with APP_FAULTS=on."""
DONE_S = 30.0
"""Seconds in which an amount is done, such as a store filled."""


@dataclass
class Amount:
    """One entry of the application's plan of faults. Others' entries are left as they are."""

    edge: Edge
    kind: Literal["amounts", "gauges"]
    name: str
    fills_window: bool = False
    _done: list[tuple[float, float]] = field(default_factory=list)

    def prepare(self) -> None:
        """What is usual is quiet."""

    def apply(self, value: float) -> None:
        """Set it; returns once the application has done it. Raises ObservationError if not."""
        body = {self.kind: {self.name: value or None}}
        self._tell(body)
        self._done.append((time.time(), value))

    def _tell(self, body: object) -> None:
        try:
            reply = self.edge.send("PATCH", FAULTS, json=body, timeout=DONE_S)
            self.edge.checked(reply, FAULTS)
        except ObservationError as error:
            hint = f"{self.edge.server} must run with APP_FAULTS=on, and have {self.name!r}"
            raise ObservationError(error.message, hint=hint) from error

    def end(self) -> None:
        """Take it back."""
        if self._done and self._done[-1][1]:
            self.apply(0.0)

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """What the application said that it did."""
        held, driven = (
            next((value for at, value in reversed(self._done) if start <= at < end), None)
            for start, end in ((hold_at, drive_at), (drive_at, recover_at))
        )
        how = "simulated by a gauge: " if self.kind == "gauges" else ""
        return Told(f"{how}{self.name} of {self.edge.server}", held, driven)
