"""Waits, after a load, until each signal shows it whole, and reads what then is there.

The three signals are awaited side by side. Each wait keeps its timeline; each reading takes a
fixed number of queries (and bulk pages for identity), however many requests were sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from smokestack.clients import MARK_WHAT_NEEDS, Clients
from smokestack.drive import queries
from smokestack.drive.kept import KeptLines
from smokestack.drive.looks import LoadLooks
from smokestack.drive.marked_traces import MarkedTraces, spans_received
from smokestack.drive.tenancy import require_lines, require_traces
from smokestack.errors import ObservationError
from smokestack.judge.counters import ScrapeWindow, scrape_windows
from smokestack.judge.counting import expected_counts
from smokestack.judge.deadlines import Deadlines
from smokestack.samples import Ledger, LogLine, Series, Sighting, Trace
from smokestack.system import System, given
from smokestack.wait import Waited, pause, until

T = TypeVar("T")
N = TypeVar("N", bound=float)


@dataclass(frozen=True)
class Sent:
    """Loads whose signals are awaited together."""

    run_id: str
    loads: tuple[str, ...]
    ledger: Ledger

    def window_s(self, slack_s: float) -> float:
        """Seconds from before the first request until now."""
        return time.time() - self.ledger.first_at + slack_s


@dataclass(frozen=True)
class Metrics:
    """Raw samples of the application's counters, and the scrapes around the load. `shown`: (job,
    instance) -> when its closing scrape was first seen in an answer.
    """

    waited: Waited[list[ScrapeWindow]]
    since_s: float
    samples: tuple[Series, ...]
    windows: tuple[ScrapeWindow, ...]
    shown: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Logs:
    """Counted access events, and every line that carries a correlation id of the load.
    `sightings`: how many were counted when.
    """

    waited: Waited[float]
    since_s: float
    counted: tuple[Series, ...]
    lines: Collection[LogLine]
    query: str
    selector: str
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True)
class Traces:
    """The traces that carry the load's mark: how many the store counted, their ids, and `whole`,
    which may still be on its way: reading all spans takes many times as long as reading the ids.
    `sightings`: how many were found when.
    """

    waited: Waited[int]
    since_s: float
    ids: Collection[str]
    counted: int
    received: float | None
    whole: Future[Mapping[str, Trace]]
    sightings: tuple[Sighting, ...] = ()

    @property
    def found(self) -> Mapping[str, Trace]:
        """The traces with all their spans, by id. Waits for them."""
        return self.whole.result()


@dataclass(frozen=True)
class Arrivals:
    """What is on its way: each a future, so that one that cannot be had spoils no other.

    In a system without logs or traces `of_logs` or `of_traces` is None, and `logs` or `traces`
    raises.
    """

    sent: Sent
    metrics: Future[Metrics]
    of_logs: Future[Logs] | None
    of_traces: Future[Traces] | None

    @property
    def logs(self) -> Future[Logs]:
        """The log lines. Raises ObservationError in a system that has none."""
        return _awaited(self.of_logs, "logs")

    @property
    def traces(self) -> Future[Traces]:
        """The traces. Raises ObservationError in a system that has none."""
        return _awaited(self.of_traces, "traces")

    @property
    def all(self) -> tuple[Future[Any], ...]:
        """Everything that is waited for."""
        return tuple(one for one in (self.metrics, self.of_logs, self.of_traces) if one)


def _awaited(one: Future[T] | None, what: str) -> Future[T]:
    if one is None:
        raise ObservationError(
            f"this system has no {what}, so none are waited for", hint=MARK_WHAT_NEEDS
        )
    return one


class Gatherer:
    """Awaits signals from the servers of one stack. `ran_since` is there for one that somebody else
    runs: from when on there must be data of its own.
    """

    def __init__(
        self,
        system: System,
        clients: Clients,
        deadlines: Deadlines,
        ran_since: float | None = None,
    ) -> None:
        self.system = system
        self.clients = clients
        self.deadlines = deadlines
        self.ran_since = ran_since
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="arrivals")
        self.looks = LoadLooks(system, clients)

    def close(self) -> None:
        """End the threads; waits that run end at their deadlines."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def gather(self, sent: Sent, received_before: float | None) -> Arrivals:
        """Start to wait for everything that `sent` must have caused, where it can be asked for."""
        has = self.clients
        return Arrivals(
            sent,
            self._pool.submit(self.metrics, sent),
            self._pool.submit(self.logs, sent) if self.system.logs and has.of_loki else None,
            self._pool.submit(self.traces, sent, received_before)
            if self.system.traces and has.of_traces
            else None,
        )

    def metrics(self, sent: Sent) -> Metrics:
        """Until each target had a successful scrape that began after the last response."""
        prometheus, jobs = self.clients.prometheus, self.system.application.services
        selector = queries.scrape_selector(self.system)
        margin = self.deadlines.metrics_s
        shown: dict[tuple[str, str], float] = {}

        def scrapes() -> list[ScrapeWindow]:
            samples = prometheus.raw(selector, sent.window_s(margin), time.time())
            found = scrape_windows(samples, sent.ledger)
            for window in found:
                if window.closed_at is not None:
                    shown.setdefault((window.job, window.instance), time.time())
            return found

        def closed(windows: list[ScrapeWindow]) -> bool:
            if self.ran_since is not None and any(_open(w) for w in windows):
                return False  # a service may have several instances, and others may be counted
            return {w.job for w in windows if w.closed_at is not None} >= set(jobs)

        since = time.time() - sent.ledger.last_at
        waited = until(
            scrapes,
            closed,
            within_s=self.deadlines.metrics_s,
            describe=lambda windows: (
                f"{sum(w.closed_at is not None for w in windows)} of "
                f"{len(jobs)} targets scraped after the last response"
            ),
            what="metrics in Prometheus",
        )
        _raise(waited)
        selector = queries.counter_selector(self.system)
        samples = prometheus.raw(selector, sent.window_s(margin), time.time())
        windows = tuple(scrape_windows(samples, sent.ledger))
        return Metrics(waited, since, tuple(samples), windows, shown)

    def logs(self, sent: Sent) -> Logs:
        """Until Loki counts as many access events as the ledger expects, and no more come."""
        loki, wanted = self.clients.loki, expected_counts(self.system, sent.ledger, "logs").total

        def query() -> str:
            window = sent.window_s(2 * queries.SLACK_S)
            return queries.log_count(self.system, sent.run_id, sent.loads, window)

        def counted() -> float:
            return sum(one.value for one in loki.count(query(), time.time() + queries.SLACK_S))

        looks = self.looks.go_on("logs", counted)
        since = time.time() - sent.ledger.last_at
        waited = self._settle(looks.look, wanted, self.deadlines.logs_s, "events", "Loki")
        text, at = query(), time.time() + queries.SLACK_S
        if not waited.value and self.ran_since is not None:
            require_lines(loki, given(self.system.logs).selector, self.ran_since, time.time())
        selector = queries.log_selector(self.system, sent.run_id, sent.loads)
        start, end = sent.ledger.first_at - queries.SLACK_S, sent.ledger.last_at + queries.SLACK_S
        lines = KeptLines(loki.pages(selector, start, end))
        counts, sightings = tuple(loki.count(text, at)), tuple(looks.sightings)
        return Logs(waited, since, counts, lines, text, selector, sightings)

    def traces(self, sent: Sent, received_before: float | None) -> Traces:
        """Until the store finds as many traces as the ledger expects, and no more come.

        A store that cannot count is read whole, as seldom as may be. Its last reading is kept if
        it shows as many spans as the store has received by the end of the quiet window: then
        nothing has come since.
        """
        marked = self._marked(sent)
        counts = self.clients.traces.counts_by_query
        wanted, within_s = len(marked.expected), self.deadlines.traces_s
        since = time.time() - sent.ledger.last_at
        count = marked.count if counts else marked.count_by_reading
        looks = self.looks.go_on("traces", count)
        waited = self._settle(lambda: int(looks.look()), wanted, within_s, "traces", "the store")
        if not waited.value and self.ran_since is not None:
            entry = self.system.application.entry
            require_traces(self.clients.traces, entry, self.ran_since, time.time())
        received = spans_received(self.clients)
        grown = None
        if received is not None and received_before is not None:
            grown = received - received_before
        if counts:
            number, ids = marked.count(), marked.ids()
            whole = self._pool.submit(searched, marked)
            return Traces(waited, since, ids, number, grown, whole, tuple(looks.sightings))
        found = marked.read_again_unless(grown)
        read: Future[Mapping[str, Trace]] = Future()
        read.set_result(found)
        sightings = tuple(looks.sightings)
        return Traces(waited, since, found.keys(), len(found), grown, read, sightings)

    def _marked(self, sent: Sent) -> MarkedTraces:
        marks = tuple(f"{sent.run_id}-{load}" for load in sent.loads)
        return MarkedTraces(self.system, self.clients, marks, sent.ledger)

    def _settle(
        self, count: Callable[[], N], wanted: float, within_s: float, what: str, store: str
    ) -> Waited[N]:
        """Wait for a count, then see that it does not grow: what is late or doubled shows."""
        waited = until(
            count,
            lambda seen: seen >= wanted,
            within_s=within_s,
            describe=lambda seen: f"{seen:g} of {wanted:g} {what}",
            what=f"{what} in {store}",
        )
        _raise(waited)
        pause(self.deadlines.quiet_s)
        return waited


def searched(marked: MarkedTraces) -> Mapping[str, Trace]:
    """The traces of a load, whole."""
    return marked.searched()


def _open(window: ScrapeWindow) -> bool:
    return window.opened_at is not None and window.closed_at is None


def _raise(waited: Waited[T]) -> None:
    """A server that could not be asked to the end leaves nothing to judge."""
    if waited.error is not None:
        raise waited.error
