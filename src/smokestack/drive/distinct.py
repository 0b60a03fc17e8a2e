"""Sends values that no two requests share, and looks at what is stored before and after them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.drive.arrivals import Gatherer, Sent
from smokestack.judge.cardinality import Distinct, Labels
from smokestack.load.outcome import Load
from smokestack.results import Evidence
from smokestack.samples import Series
from smokestack.system import System
from smokestack.wait import until

SCENARIO = "distinct"


@dataclass(frozen=True)
class DistinctTraffic:
    """Who sends it, and who is asked. `since` is when the run began."""

    system: System
    clients: Clients
    gatherer: Gatherer
    send: Callable[[str], Load]
    run_id: str
    since: float

    def seen(self) -> tuple[Distinct, list[Evidence]]:
        """Send it, wait until it is scraped and shipped, and look. Raises ObservationError."""
        series, streams = self._series(), self._streams()
        load = self.send(SCENARIO)
        sent = Sent(self.run_id, (load.info.name,), load.ledger)
        self.gatherer.metrics(sent)
        if self.system.logs:
            self._await_lines(sent)
        answered = len(load.ledger) - len(load.ledger.unknown)
        seen = Distinct(
            len(load.ledger),
            len(load.ledger) - answered,
            (series, self._series()),
            (streams, self._streams()),
        )
        return seen, [self._evidence(seen)]

    @property
    def _selector(self) -> str:
        """The application's series, pushed ones too."""
        pushed = f"|{self.system.push.job}" if self.system.push else ""
        return f'{{job=~"{queries.app_jobs(self.system)}{pushed}"}}'

    def _series(self) -> list[Series]:
        return self.clients.prometheus.instant(self._selector)

    def _streams(self) -> list[Labels]:
        if self.system.logs is None or self.clients.of_loki is None:
            return []
        now = time.time()
        found = self.clients.loki.streams(self.system.logs.selector, self.since, now + 1)
        return list(found)

    def _await_lines(self, sent: Sent) -> None:
        """Until Loki has as many lines of it as requests were sent; those that are late are not
        looked at: `logs.count` is about them.
        """
        text = queries.log_count(self.system, sent.run_id, sent.loads, sent.window_s(60.0))
        until(
            lambda: sum(one.value for one in self.clients.loki.count(text, time.time() + 1)),
            lambda seen: seen >= len(sent.ledger),
            within_s=self.gatherer.deadlines.logs_s,
            what="lines of distinct requests in Loki",
        )

    def _evidence(self, seen: Distinct) -> Evidence:
        before, after = map(len, seen.series)
        had, has = map(len, seen.streams)
        return Evidence(
            "cardinality",
            self._selector,
            f"{before} series before, {after} after {seen.requests} requests; {had} streams, {has}",
            "no label takes over what requests bring",
            self.clients.prometheus.repeat(f"count by (__name__) ({self._selector})"),
        )
