"""Waits, after a load, until each signal shows it whole, and reads what then is there.

The three signals are awaited side by side. Each wait keeps its timeline; each reading takes a
fixed number of queries (and bulk pages for identity), however many requests were sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.judge.counters import ScrapeWindow, scrape_windows
from smokestack.judge.counting import expected_counts
from smokestack.judge.deadlines import Deadlines
from smokestack.judge.traces import expected_traces, incomplete
from smokestack.observe.exposition import read_metrics
from smokestack.samples import Ledger, LogLine, Request, Series, Trace
from smokestack.system import Route, System
from smokestack.wait import Waited, pause, until

T = TypeVar("T")

PAGE_LIMIT = 100_000
"""Traces asked for at once; the ledger of a run is far smaller."""

CHEAP = 1000
"""So many traces may be read whole at every poll, where a store cannot count."""

ASKED_AGAIN = 100
"""So many traces that a search shows incomplete are asked for by id before that is believed."""


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
    """Raw samples of the application's counters, and the scrapes around the load."""

    waited: Waited[list[ScrapeWindow]]
    since_s: float
    samples: tuple[Series, ...]
    windows: tuple[ScrapeWindow, ...]


@dataclass(frozen=True)
class Logs:
    """Counted access events, and every line that carries a correlation id of the load."""

    waited: Waited[float]
    since_s: float
    counted: tuple[Series, ...]
    lines: tuple[LogLine, ...]
    query: str
    selector: str


@dataclass(frozen=True)
class Traces:
    """The traces that carry the load's mark: how many the store counted, their ids, and `whole`,
    which may still be on its way: reading all spans takes many times as long as reading the ids.
    """

    waited: Waited[int]
    since_s: float
    ids: frozenset[str]
    counted: int
    received: float | None
    whole: Future[dict[str, Trace]]

    @property
    def found(self) -> dict[str, Trace]:
        """The traces with all their spans, by id. Waits for them."""
        return self.whole.result()


@dataclass(frozen=True)
class Arrivals:
    """What is on its way: each a future, so that one that cannot be had spoils no other."""

    sent: Sent
    metrics: Future[Metrics]
    logs: Future[Logs]
    traces: Future[Traces]


class Gatherer:
    """Awaits signals from the servers of one stack."""

    def __init__(self, system: System, clients: Clients, deadlines: Deadlines) -> None:
        self.system = system
        self.clients = clients
        self.deadlines = deadlines
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="arrivals")

    def close(self) -> None:
        """End the threads; waits that run end at their deadlines."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def gather(self, sent: Sent, received_before: float | None) -> Arrivals:
        """Start to wait for everything that `sent` must have caused."""
        return Arrivals(
            sent,
            self._pool.submit(self.metrics, sent),
            self._pool.submit(self.logs, sent),
            self._pool.submit(self.traces, sent, received_before),
        )

    def metrics(self, sent: Sent) -> Metrics:
        """Until each target had a successful scrape that began after the last response."""
        prometheus, jobs = self.clients.prometheus, self.system.application.services
        selector = queries.scrape_selector(self.system)
        margin = self.deadlines.metrics_s

        def scrapes() -> list[ScrapeWindow]:
            samples = prometheus.raw(selector, sent.window_s(margin), time.time())
            return scrape_windows(samples, sent.ledger)

        def closed(windows: list[ScrapeWindow]) -> bool:
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
        )
        _raise(waited)
        selector = queries.counter_selector(self.system)
        samples = prometheus.raw(selector, sent.window_s(margin), time.time())
        return Metrics(waited, since, tuple(samples), tuple(scrape_windows(samples, sent.ledger)))

    def logs(self, sent: Sent) -> Logs:
        """Until Loki counts as many access events as the ledger expects, and no more come."""
        loki, wanted = self.clients.loki, expected_counts(self.system, sent.ledger, "logs").total

        def query() -> str:
            window = sent.window_s(2 * queries.SLACK_S)
            return queries.log_count(self.system, sent.run_id, sent.loads, window)

        def counted() -> float:
            return sum(one.value for one in loki.count(query(), time.time() + queries.SLACK_S))

        since = time.time() - sent.ledger.last_at
        waited = self._settle(counted, wanted, self.deadlines.logs_s, "events")
        text, at = query(), time.time() + queries.SLACK_S
        selector = queries.log_selector(self.system, sent.run_id, sent.loads)
        start, end = sent.ledger.first_at - queries.SLACK_S, sent.ledger.last_at + queries.SLACK_S
        lines = loki.lines(selector, start, end)
        return Logs(waited, since, tuple(loki.count(text, at)), tuple(lines), text, selector)

    def traces(self, sent: Sent, received_before: float | None) -> Traces:
        """Until the store finds as many traces as the ledger expects, and no more come."""
        if not self.clients.traces.counts_by_query:
            return self._traces_read(sent, received_before)
        wanted = len(expected_traces(self.system, sent.ledger))
        since = time.time() - sent.ledger.last_at
        waited = self._settle(
            lambda: self._count_traces(sent), wanted, self.deadlines.traces_s, "traces"
        )
        grown = self._spans_grown(received_before)
        counted, ids = self._count_traces(sent), self._trace_ids(sent)
        whole = self._pool.submit(self._searched_whole, sent)
        return Traces(waited, since, ids, counted, grown, whole)

    def _traces_read(self, sent: Sent, received_before: float | None) -> Traces:
        """The same of a store that cannot count: traces are read whole, and as seldom as may be.

        The last reading is kept if it shows as many spans as the store has received by the end of
        the quiet window: then nothing has come since.
        """
        expected = expected_traces(self.system, sent.ledger)
        is_due = self._when_due(expected)
        read: dict[str, Trace] = {}

        def count() -> int:
            nonlocal read
            if is_due():
                read = self._read_whole(sent)
            return len(read)

        since = time.time() - sent.ledger.last_at
        waited = self._settle(count, len(expected), self.deadlines.traces_s, "traces")
        grown = self._spans_grown(received_before)
        if sum(len(trace.spans) for trace in read.values()) != grown:
            read = self._read_whole(sent)
        whole: Future[dict[str, Trace]] = Future()
        whole.set_result(read)
        return Traces(waited, since, frozenset(read), len(read), grown, whole)

    def _when_due(self, expected: Mapping[str, tuple[Request, Route]]) -> Callable[[], bool]:
        """Whether to read all traces now: of many, once the last one is there, or none come."""
        if len(expected) <= CHEAP:
            return lambda: True
        last = max(expected, key=lambda trace_id: expected[trace_id][0].ended_at)
        before: list[float | None] = [None]

        def is_due() -> bool:
            if self.clients.traces.by_id(last) is not None:
                return True
            before.append(spans_received(self.clients))
            return before[-1] == before[-2]

        return is_due

    def _read_whole(self, sent: Sent) -> dict[str, Trace]:
        found: dict[str, Trace] = {}
        for load in sent.loads:
            for trace in self.clients.traces.find(*self._marked(sent, load), limit=PAGE_LIMIT):
                found[trace.trace_id] = trace
        return found

    def _searched_whole(self, sent: Sent) -> dict[str, Trace]:
        """A search shows only a part of a trace that lies in several blocks; by id it is whole."""
        found = self._read_whole(sent)
        partly = [
            trace_id
            for trace_id, (request, route) in expected_traces(self.system, sent.ledger).items()
            if trace_id in found and any(incomplete(found[trace_id], request, route))
        ]
        for trace_id in partly[:ASKED_AGAIN]:
            found[trace_id] = self.clients.traces.by_id(trace_id) or found[trace_id]
        return found

    def _trace_ids(self, sent: Sent) -> frozenset[str]:
        store = self.clients.traces
        return frozenset().union(
            *(store.ids(*self._marked(sent, load), limit=PAGE_LIMIT) for load in sent.loads)
        )

    def _spans_grown(self, before: float | None) -> float | None:
        """How many spans the store has received since `before`."""
        received = spans_received(self.clients)
        return None if received is None or before is None else received - before

    def _count_traces(self, sent: Sent) -> int:
        return sum(self.clients.traces.count(*self._marked(sent, load)) for load in sent.loads)

    def _marked(self, sent: Sent, load: str) -> tuple[str, str, float, float]:
        value = f"{sent.run_id}-{load}"
        start = sent.ledger.first_at - queries.SLACK_S
        return self.system.traces.load_attribute, value, start, time.time() + queries.SLACK_S

    def _settle(
        self, count: Callable[[], T], wanted: float, within_s: float, what: str
    ) -> Waited[T]:
        """Wait for a count, then see that it does not grow: what is late or doubled shows."""

        def describe(seen: T) -> str:
            return f"{seen:g} of {wanted:g} {what}"

        waited = until(
            count, lambda seen: float(str(seen)) >= wanted, within_s=within_s, describe=describe
        )
        _raise(waited)
        pause(self.deadlines.quiet_s)
        return waited


def spans_received(clients: Clients) -> float | None:
    """How many spans the trace store's own counter has, None where it has no such counter."""
    exposed = read_metrics(clients.trace_metrics)
    for name in ("jaeger_collector_spans_received_total", "tempo_distributor_spans_received_total"):
        value = exposed.value(name)
        if value is not None:
            return value
    return 0.0 if exposed.names() else None


def _raise(waited: Waited[T]) -> None:
    """A server that could not be asked to the end leaves nothing to judge."""
    if waited.error is not None:
        raise waited.error
