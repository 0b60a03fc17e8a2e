"""Restarts of a container as a stimulus."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from smokestack.drive.stimulus import Told
from smokestack.wait import until

SCRAPED_S = 10.0
"""Seconds in which a restarted server is scraped again. Seen: 0.3 to 1.5 s, more under load."""


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
        if not until(
            lambda: self.scraped(ended),
            within_s=SCRAPED_S,
            what=f"a scrape of {self.service} after its restart",
        ).met:
            self._shortfall = f"{self.service} was not scraped within {SCRAPED_S:g} s of a restart"
        self.done.append((began, time.time()))

    def _most(self, of: Sequence[tuple[float, float]]) -> int:
        """The most of them that lie within one window."""
        ends = [ended for _, ended in of]
        return max((_within(of, end - self.window_s, end) for end in ends), default=0)

    def prepare(self) -> None:
        """A server that runs is all that is needed."""

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
