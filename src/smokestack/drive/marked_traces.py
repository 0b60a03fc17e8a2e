"""The traces that carry a load's mark: counted, by id, and whole, as cheaply as can be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.drive.kept import KeptTraces
from smokestack.judge.traces import ExpectedTraces, expected_traces
from smokestack.observe.exposition import read_metrics
from smokestack.samples import Ledger, Request
from smokestack.system import System, given

PAGE_LIMIT = 250_000
"""Traces asked for at most: a search without a limit has a low one, and Tempo's own is 262,144."""

A_PAGE = 1000
"""Traces that are to be read at once: some 8 MB of answer, 40 MB in memory."""

CHEAP = 1000
"""So many traces may be read whole at every poll, where a store cannot count."""

ASKED_AGAIN = 100
"""So many traces that a search may show in part are asked for by id."""


@dataclass
class MarkedTraces:
    """The traces of some loads in one store. `marks` are the values of the load attribute."""

    system: System
    clients: Clients
    marks: tuple[str, ...]
    ledger: Ledger
    _read: KeptTraces = field(default_factory=KeptTraces)
    _received: float | None = None

    @cached_property
    def expected(self) -> ExpectedTraces:
        """The traces that the ledger expects."""
        return expected_traces(self.system, self.ledger)

    def count(self) -> int:
        """How many the store counts: one query a load."""
        return sum(self.clients.traces.count(*self._search(mark)) for mark in self.marks)

    def ids(self) -> frozenset[str]:
        """Their ids: one query a load."""
        store = self.clients.traces
        found = (store.ids(*self._search(mark), limit=PAGE_LIMIT) for mark in self.marks)
        return frozenset().union(*found)

    def whole(self) -> KeptTraces:
        """All of them as a search shows them."""
        found = KeptTraces()
        for mark in self.marks:
            pages = self.clients.traces.pages(
                *self._search(mark), limit=PAGE_LIMIT, cuts=self._cuts
            )
            for page in pages:
                found.add(page)
        return found

    @cached_property
    def _cuts(self) -> Sequence[float]:
        """Between two of these moments about a page of requests was sent."""
        sent = sorted(r.sent_at for r in self.ledger.requests)
        return sent[A_PAGE::A_PAGE]

    def searched(self) -> KeptTraces:
        """All of them, whole: Tempo's search shows only a part of a trace in several blocks.

        Those with fewer spans than others of the same route and status are asked for by id.
        """
        found = self.whole()
        sizes = [
            (trace_id, _kind(self.expected[trace_id][0]), len(trace.spans))
            for trace_id, trace in found.items()
            if trace_id in self.expected
        ]
        most: Counter[tuple[str, str, int | None]] = Counter()
        for _, kind, spans in sizes:
            most[kind] = max(most[kind], spans)
        partly = [trace_id for trace_id, kind, spans in sizes if spans < most[kind]]
        again = (self.clients.traces.by_id(trace_id) for trace_id in partly[:ASKED_AGAIN])
        found.add([trace for trace in again if trace is not None])
        return found

    def count_by_reading(self) -> int:
        """How many there were at the last reading, which is made anew when it is due."""
        if self._is_due():
            self._read = self.whole()
        return len(self._read)

    def read_again_unless(self, spans: float | None) -> KeptTraces:
        """What was read last, if it shows so many spans; else what is there now."""
        if self._read.spans != spans:
            self._read = self.whole()
        return self._read

    def _is_due(self) -> bool:
        """Few may be read at any time; many once the last one is there, or none come any more."""
        if len(self.expected) <= CHEAP or self.clients.traces.by_id(self._last) is not None:
            return True
        before, self._received = self._received, spans_received(self.clients)
        return before == self._received

    @cached_property
    def _last(self) -> str:
        return max(self.expected, key=lambda trace_id: self.expected[trace_id][0].ended_at)

    def _search(self, mark: str) -> tuple[str, str, float, float]:
        start = self.ledger.first_at - queries.SLACK_S
        return given(self.system.traces).load_attribute, mark, start, time.time() + queries.SLACK_S


def _kind(request: Request) -> tuple[str, str, int | None]:
    return request.method, request.route, request.status


def spans_received(clients: Clients) -> float | None:
    """How many spans the trace store's own counter has, None where there is no such counter."""
    if clients.trace_metrics is None:
        return None
    exposed = read_metrics(clients.trace_metrics)
    for name in ("jaeger_collector_spans_received_total", "tempo_distributor_spans_received_total"):
        value = exposed.value(name)
        if value is not None:
            return value
    return 0.0 if exposed.names() else None
