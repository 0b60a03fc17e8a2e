"""Looks from outside, while traffic runs: how many events does a server show by now?

No server says when an event became visible, so it is asked over and over. How often does not
depend on how many requests were sent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from smokestack.errors import ObservationError
from smokestack.samples import Sighting

EVERY_S = 0.25
"""Seconds between two looks: five a scrape interval at the fastest pace would take the cores from
the stack."""

MOST = 240
"""Looks at one signal: a minute of them. What comes later is not timed."""

HEAVY = 1000
"""So many traces are too many to be read at every look, where a store cannot count."""


@dataclass
class Looks:
    """What was seen of one signal, and when. A look that fails shows nothing.

    `cut`: it was looked often enough. A look after a gap would show what came in it as late, so
    none is remembered any more.
    """

    ask: Callable[[], float]
    heavy: bool = False
    sightings: list[Sighting] = field(default_factory=list)
    cut: bool = False
    _over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> float:
        """Ask once, and remember the answer."""
        seen = self.ask()
        if not self.cut:
            self.sightings.append(Sighting(time.time(), seen))
        return seen

    def end(self) -> None:
        """Look no more: everything was seen."""
        self._over.set()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Look again and again, in a thread of its own, while the block runs."""
        self._over.clear()
        thread = threading.Thread(target=self._run, name="looks", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.end()
            thread.join()

    def _run(self) -> None:
        for _ in range(MOST):
            if self._over.wait(EVERY_S):
                return
            try:
                seen = self.look()
            except ObservationError:
                continue
            if self.heavy and seen > HEAVY:
                break
        self.cut = True
