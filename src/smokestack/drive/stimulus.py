"""What moves an alert's metric through the mechanism that it measures.

A stimulus is brought below the threshold, then above it, then ended; afterwards it tells what it
was, as its own record has it and not the server that was asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.samples import Ledger
from smokestack.wait import until

DRAIN_S = 30.0
"""Seconds in which a scenario that was told to stop has drained its requests."""
SCRAPED_S = 10.0
"""Seconds in which a restarted server is scraped again. Seen: 0.3 to 1.5 s, more under load."""


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

    After each, it is waited until `scraped` says that Prometheus has scraped it since: a start
    between two scrapes is seen by none. `window_s` is that of the rule, less what the rule needs
    to see them all: it counts from the beginning of the first restart to the scrape of the last.
    """

    service: str
    restart: Callable[[str], None]
    scraped: Callable[[float], bool]
    window_s: float
    done: list[tuple[float, float]] = field(default_factory=list)
    fills_window: bool = False
    _shortfall: str | None = None

    def apply(self, value: float) -> None:
        """Restart until as many lie within the window; at most twice as often as needed.

        What was restarted before does not count: it leaves the window first, and what it had set
        off would end with that.
        """
        wanted, before = round(value), len(self.done)
        for _ in range(2 * wanted):
            if self._most(self.done[before:]) >= wanted or self._shortfall:
                return
            self._once()
        if self._most(self.done[before:]) < wanted:
            each = (self.done[-1][1] - self.done[0][0]) / len(self.done)
            self._shortfall = (
                f"a restart took {each:.1f} s, so that no {wanted} lay within {self.window_s:.1f} s"
            )

    def _once(self) -> None:
        began = time.time()
        self.restart(self.service)
        ended = time.time()
        if not until(lambda: self.scraped(ended), within_s=SCRAPED_S).met:
            self._shortfall = f"{self.service} was not scraped within {SCRAPED_S:g} s of a restart"
        self.done.append((began, time.time()))

    def _most(self, of: Sequence[tuple[float, float]]) -> int:
        """The most of them that lie within one window."""
        ends = [ended for _, ended in of]
        return max((_within(of, end - self.window_s, end) for end in ends), default=0)

    def end(self) -> None:
        """A restart leaves nothing behind."""

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """Restarts within the window when the hold ended, and the most while it was driven."""
        held = [one for one in self.done if hold_at <= one[0] < drive_at]
        driven = [one for one in self.done if drive_at <= one[0] < recover_at]
        return Told(
            f"restarts of {self.service} within the window",
            self._most(held) if held else None,
            self._most(driven) if driven else None,
            self._shortfall,
        )


def _within(of: Sequence[tuple[float, float]], start: float, end: float) -> int:
    return sum(start <= began and ended <= end for began, ended in of)
