"""What moves an alert's metric through the mechanism that it measures.

A stimulus is brought below the threshold, then above it, then ended; afterwards it tells what it
was, as its own record has it and not the server that was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True)
class Told:
    """What a stimulus was while the alert was held and driven, in the unit of the threshold.

    None where nothing was done; `shortfall` is why it was less than it should have been. `slack` is
    what comes to it of itself, such as the way of a request that is asked to take its time.
    """

    what: str
    held: float | None
    driven: float | None
    shortfall: str | None = None
    slack: float = 0.0


class Stimulus(Protocol):
    """Moves one alert's metric. Times are seconds since the epoch."""

    @property
    def fills_window(self) -> bool:
        """Whether its value shows only once it lasted for the rule's whole window."""

    def prepare(self) -> None:
        """Do what must be so before the alert is quiet; for most, nothing."""

    def apply(self, value: float) -> None:
        """Bring it to a value; 0 ends it. Returns once it is under way, or done."""

    def end(self) -> None:
        """Stop for good, also after a failure."""

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """What it was in each phase, once it ended."""


@dataclass
class Scaled:
    """A stimulus in another unit than the rule: `scale` of its own are one of the rule's."""

    inner: Stimulus
    scale: float

    @property
    def fills_window(self) -> bool:
        """As the stimulus itself."""
        return self.inner.fills_window

    def prepare(self) -> None:
        """As the stimulus itself."""
        self.inner.prepare()

    def apply(self, value: float) -> None:
        """Bring it to a value in the rule's unit."""
        self.inner.apply(value * self.scale)

    def end(self) -> None:
        """As the stimulus itself."""
        self.inner.end()

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """What it was, in the rule's unit."""
        told = self.inner.told(hold_at, drive_at, recover_at)
        held, driven = (v and v / self.scale for v in (told.held, told.driven))
        return replace(told, held=held, driven=driven, slack=told.slack / self.scale)
