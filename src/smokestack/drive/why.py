"""Why no data: where on its way a signal was lost, by each server's own counters."""

from __future__ import annotations

from dataclasses import dataclass, replace

from smokestack.clients import Clients
from smokestack.observe import hops
from smokestack.observe.edge import Edge
from smokestack.observe.hops import Course, Hop, Station
from smokestack.results import Cause, CauseKind, Judgement
from smokestack.system import Signal


@dataclass(frozen=True)
class Loss:
    """Where a signal was lost, in words with figures; `hop` names the place where it is known."""

    told: str
    hop: str | None = None

    def explains(self, judgement: Judgement, signal: Signal) -> Judgement:
        """The same judgement, each finding with where it came about, and that as its cause."""
        findings = tuple(replace(one, lost_at=self.told) for one in judgement.findings)
        cause = self.hop and Cause(CauseKind.LOST, self.told, signal=signal, hop=self.hop)
        return replace(judgement, findings=findings, cause=cause or judgement.cause)


@dataclass(frozen=True)
class Way:
    """The stations of one signal, and what they had counted before the traffic.

    `countable` says whether the ledger tells how many items a request makes. Of spans it only
    knows the fewest, one a service: that enough came does not mean that all were sent.
    """

    stations: tuple[Station, ...]
    before: tuple[Hop, ...]
    emitter: str
    countable: bool

    def lost_at(self, expected: float) -> Loss:
        """The first hop that passed on less than `expected`, in words with its figures."""
        grown = hops.difference(self.before, hops.snapshot(self.stations))
        figures = "; ".join(str(hop) for hop in grown)
        first = grown[0]
        way_in = f"{self.emitter} → {first.name}"
        if first.entered is not None and first.entered + first.refused < expected:
            return Loss(f"{way_in}: only so much came: {figures}", way_in)
        passed_on = expected if self.countable else _kept(first)
        if lost := hops.where_lost(grown, passed_on):
            short = hops.first_short(grown, passed_on)
            return Loss(lost, short.name if short else None)
        where = "after the last hop, or the query is wrong"
        if not self.countable:
            where = f"{way_in}, or the search does not find them"
        return Loss(f"{where}; no server lost any: {figures}")

    def doubled_at(self, expected: float) -> str:
        """Before the first hop that took more than `expected`, in words with its figures."""
        grown = hops.difference(self.before, hops.snapshot(self.stations))
        names = [self.emitter, *(hop.name for hop in grown)]
        after = next((n for n, hop in enumerate(grown, 1) if _kept(hop) > expected), len(grown))
        return f"{names[after - 1]} → {names[after]}: {'; '.join(map(str, grown))}"


def _kept(first: Hop) -> float:
    """What the first hop took and did not drop on purpose: what every later one must have."""
    return (first.entered or 0.0) - dict(first.detail).get("filtered", 0.0)


def ways(clients: Clients) -> dict[str, Way]:
    """The ways of logs and traces, as far as the stack has where they end, with a first reading of
    every station.
    """
    stations = {}
    if clients.of_loki:
        loki = clients.of_loki.edge
        stations["logs"] = _row((hops.COLLECTOR_LOGS, clients.collector), (hops.LOKI, loki))
    if clients.of_traces:
        store = hops.TEMPO if clients.of_traces.name == "tempo" else hops.JAEGER
        stations["traces"] = _row(
            (hops.COLLECTOR_SPANS, clients.collector), (store, clients.trace_metrics)
        )
    emitters = {"logs": "application's log file", "traces": "application"}
    return {
        signal: Way(row, hops.snapshot(row), emitters[signal], countable=signal == "logs")
        for signal, row in stations.items()
    }


def _row(*servers: tuple[Course, Edge | None]) -> tuple[Station, ...]:
    """The stations of those servers that the stack has."""
    return tuple(Station(course, edge) for course, edge in servers if edge is not None)
