"""What moves an alert's metric through the mechanism that it measures (ruling 18).

A stimulus is brought below the threshold, then above it, then ended; afterwards it tells what it
was, as its own record has it and not the server that was asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.samples import Ledger
from smokestack.wait import pause

DRAIN_S = 30.0
"""Seconds in which a scenario that was told to stop has drained its requests."""


@dataclass(frozen=True)
class Told:
    """What a stimulus was while the alert was held and driven, in the unit of the threshold.

    None where nothing was done; `shortfall` is why it was less than it should have been.
    """

    what: str
    held: float | None
    driven: float | None
    shortfall: str | None = None


class Stimulus(Protocol):
    """Moves one alert's metric. Times are seconds since the epoch.

    `fills_window`: whether its value shows only once it lasted for the rule's whole window.
    """

    fills_window: bool

    def apply(self, value: float) -> None:
        """Bring it to a value; 0 ends it. Returns once it is under way, or done."""

    def end(self) -> None:
        """Stop for good, also after a failure."""

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """What it was in each phase, once it ended."""


@dataclass
class FailingRequests:
    """Real requests, a share of which fails. `keep` remembers the load for the report."""

    load: RunningLoad
    keep: Callable[[Load], Load]
    fills_window: bool = True
    _phases: int = 0

    def apply(self, value: float) -> None:
        """Tell the scenario the share of requests that must fail."""
        self._phases += 1
        self.load.phase(f"phase-{self._phases}", error_ratio=value)

    def end(self) -> None:
        """Let the scenario drain."""
        self.load.phase("stop")

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """The shares that the ledger has."""
        done = self.keep(self.load.finish(DRAIN_S))
        return Told(
            "share of failed requests in the ledger",
            failed_share(done.ledger, hold_at, drive_at),
            failed_share(done.ledger, drive_at, recover_at),
            done.info.shortfall,
        )


def failed_share(ledger: Ledger, start: float, end: float) -> float | None:
    """Share of requests answered with 5xx among those sent between two moments."""
    sent = [r for r in ledger.requests if start <= r.sent_at < end and r.status is not None]
    if not sent:
        return None
    return sum(r.status is not None and r.status >= 500 for r in sent) / len(sent)


@dataclass
class Restarts:
    """A container that is restarted, so often that `value` restarts lie within one window.

    `spacing_s` is the least time from one restart to the next, so that a scrape sees each.
    `window_s` is that of the rule, less what it takes until the rule has seen them all.
    """

    service: str
    restart: Callable[[str], None]
    window_s: float
    spacing_s: float
    done: list[float] = field(default_factory=list)
    fills_window: bool = False

    def apply(self, value: float) -> None:
        """Restart until as many lie within the window; at most twice as often as needed."""
        wanted = round(value)
        for _ in range(2 * wanted):
            if self._within(time.time()) >= wanted:
                return
            self.restart(self.service)
            self.done.append(time.time())
            pause(self.spacing_s)

    def _within(self, at: float) -> int:
        return sum(at - self.window_s <= moment <= at for moment in self.done)

    def end(self) -> None:
        """A restart leaves nothing behind."""

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """Restarts within the window when the hold ended, and the most while it was driven."""
        held = self._within(drive_at) if any(hold_at <= at < drive_at for at in self.done) else None
        driven = [self._within(at) for at in self.done if drive_at <= at < recover_at]
        return Told(
            f"restarts of {self.service} within the window",
            held,
            max(driven, default=None),
            f"{len(self.done)} restarts took {self._spread():.1f} s",
        )

    def _spread(self) -> float:
        return self.done[-1] - self.done[0] if self.done else 0.0
