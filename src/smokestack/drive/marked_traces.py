"""The traces that carry a load's mark: counted, by id, and whole, as cheaply as can be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.judge.traces import expected_traces
from smokestack.observe.exposition import read_metrics
from smokestack.samples import Ledger, Request, Trace
from smokestack.system import Route, System, given

PAGE_LIMIT = 100_000
"""Traces asked for at once; the ledger of a run is far smaller."""

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
    _read: dict[str, Trace] = field(default_factory=dict)
    _received: float | None = None

    @cached_property
    def expected(self) -> Mapping[str, tuple[Request, Route]]:
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

    def whole(self) -> dict[str, Trace]:
        """All of them as a search shows them, by id."""
        found: dict[str, Trace] = {}
        for mark in self.marks:
            for trace in self.clients.traces.find(*self._search(mark), limit=PAGE_LIMIT):
                found[trace.trace_id] = trace
        return found

    def searched(self) -> dict[str, Trace]:
        """All of them, whole: Tempo's search shows only a part of a trace in several blocks.

        Those with fewer spans than others of the same route and status are asked for by id.
        """
        found = self.whole()
        there = [(t, _kind(r)) for t, (r, _) in self.expected.items() if t in found]
        most: Counter[tuple[str, str, int | None]] = Counter()
        for trace_id, kind in there:
            most[kind] = max(most[kind], len(found[trace_id].spans))
        partly = [trace_id for trace_id, kind in there if len(found[trace_id].spans) < most[kind]]
        for trace_id in partly[:ASKED_AGAIN]:
            found[trace_id] = self.clients.traces.by_id(trace_id) or found[trace_id]
        return found

    def count_by_reading(self) -> int:
        """How many there were at the last reading, which is made anew when it is due."""
        if self._is_due():
            self._read = self.whole()
        return len(self._read)

    def read_again_unless(self, spans: float | None) -> dict[str, Trace]:
        """What was read last, if it shows so many spans; else what is there now."""
        if sum(len(trace.spans) for trace in self._read.values()) != spans:
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
