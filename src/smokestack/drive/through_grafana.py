"""Asks a server for the run's data, and asks Grafana for the same: both must have as much.

Each is one query to the server and the same one through Grafana's data source, by the very same
client. What is asked for carries the run: lines with its correlation ids, a trace of its ledger,
and the counters of the routes that it alone uses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.drive.arrivals import Arrivals, Sent
from smokestack.errors import BadResponse
from smokestack.judge.traces import expected_traces
from smokestack.observe.edge import Edge
from smokestack.observe.jaeger import Jaeger
from smokestack.observe.loki import Loki
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.tempo import Tempo
from smokestack.observe.traces import TraceStore
from smokestack.samples import Reached
from smokestack.system import System

TRACES_TRIED = 3
"""Traces of the ledger that the store itself is asked for, until it has one."""


@dataclass(frozen=True)
class ThroughGrafana:
    """The run's data as Grafana gives it."""

    system: System
    clients: Clients
    sent: Sent

    def reach(self, sources: Mapping[str, str]) -> list[Reached]:
        """Ask for the data of each source: uid -> type.

        Raises Unreachable where Grafana does not answer, ObservationError where the server itself
        cannot be asked. That Grafana could not pass a question on is in `Reached.error`.
        """
        ask: dict[str, Callable[[str, Edge], Reached]] = {
            "prometheus": self._requests,
            "loki": self._lines,
            "tempo": self._spans,
            "jaeger": self._spans,
        }
        return [ask[kind](uid, self.clients.grafana.proxied(uid)) for uid, kind in sources.items()]

    def _requests(self, uid: str, edge: Edge) -> Reached:
        query, at = queries.requests_counted(self.system, self.sent.ledger), time.time()
        grafana, directly = Prometheus(edge), self.clients.prometheus.value(query, at)
        repeat = grafana.repeat(query, at)
        asked = Reached(uid, query, "requests", directly, None, repeat=repeat)
        return _compared(asked, lambda: grafana.value(query, at))

    def _lines(self, uid: str, edge: Edge) -> Reached:
        sent, at = self.sent, time.time()
        window = sent.window_s(queries.SLACK_S)
        query = queries.lines_counted(self.system, sent.run_id, sent.loads, window)
        grafana, directly = Loki(edge), _sum(self.clients.loki, query, at)
        asked = Reached(uid, query, "lines", directly, None, repeat=grafana.repeat(query, at))
        return _compared(asked, lambda: _sum(grafana, query, at))

    def _spans(self, uid: str, edge: Edge) -> Reached:
        grafana = self._store(edge)
        for trace_id in islice(expected_traces(self.system, self.sent.ledger), TRACES_TRIED):
            if (directly := _number(self.clients.traces, trace_id)) is not None:
                repeat = edge.repeat(f"/api/traces/{trace_id}")
                asked = Reached(uid, f"trace {trace_id}", "spans", directly, None, repeat=repeat)
                return _compared(asked, partial(_number, grafana, trace_id))
        return Reached(uid, "a trace of the ledger", "spans", None, None)

    def _store(self, edge: Edge) -> TraceStore:
        """The kind of store that runs, whatever Grafana takes it for."""
        entry = self.system.application.entry
        if self.clients.traces.name == Tempo.name:
            return Tempo(edge, service=entry)
        return Jaeger(edge, service=entry)


def through_grafana(system: System, clients: Clients, arrivals: Arrivals) -> ThroughGrafana:
    """Ask once every signal of the traffic was waited for, whatever came of it."""
    wait(arrivals.all)
    return ThroughGrafana(system, clients, arrivals.sent)


def _compared(asked: Reached, through: Callable[[], float | None]) -> Reached:
    try:
        return replace(asked, through=through())
    except BadResponse as refused:
        return replace(asked, error=refused.message)


def _sum(loki: Loki, query: str, at: float) -> float | None:
    found = loki.count(query, at)
    return sum(one.value for one in found) if found else None


def _number(store: TraceStore, trace_id: str) -> float | None:
    trace = store.by_id(trace_id)
    return float(len(trace.spans)) if trace else None
