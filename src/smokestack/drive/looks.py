"""Looks from outside, while traffic runs: how many events does a server show by now?

No server says when an event became visible, so it is asked over and over. How often does not
depend on how many requests were sent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.errors import ObservationError
from smokestack.samples import Sighting
from smokestack.system import Signal, System, given

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


@dataclass
class LoadLooks:
    """Looks at the lines and traces of loads: while they run, and on while they are waited for."""

    system: System
    clients: Clients
    _looks: dict[Signal, Looks] = field(default_factory=dict)

    @contextmanager
    def going_on(self, run_id: str, loads: Sequence[str]) -> Iterator[None]:
        """While the block runs, look how many events of these loads can be seen by now."""
        began = time.time()
        self._looks = {}
        if self.system.logs and self.clients.of_loki:
            self._looks["logs"] = Looks(lambda: self._lines(began, run_id, loads))
        if self.system.traces and self.clients.of_traces:
            heavy = not self.clients.traces.counts_by_query
            self._looks["traces"] = Looks(lambda: self._traces(began, run_id, loads), heavy)
        with ExitStack() as going_on:
            for looks in self._looks.values():
                going_on.enter_context(looks.going_on())
            yield

    def go_on(self, signal: Signal, ask: Callable[[], float]) -> Looks:
        """Looks of another way of asking, which go on from those that there were."""
        before = self._looks.pop(signal, None)
        return Looks(ask, sightings=before.sightings, cut=before.cut) if before else Looks(ask)

    def _lines(self, began: float, run_id: str, loads: Sequence[str]) -> float:
        """One query: the access events of the loads."""
        window = time.time() - began + 2 * queries.SLACK_S
        query = queries.log_count(self.system, run_id, loads, window)
        found = self.clients.loki.count(query, time.time() + queries.SLACK_S)
        return sum(one.value for one in found)

    def _traces(self, began: float, run_id: str, loads: Sequence[str]) -> float:
        """One query a load."""
        store, name = self.clients.traces, given(self.system.traces).load_attribute
        start, end = began - queries.SLACK_S, time.time() + queries.SLACK_S
        searches = [(name, f"{run_id}-{load}", start, end) for load in loads]
        return float(sum(store.count(*search) for search in searches))
