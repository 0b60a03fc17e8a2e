"""What a stack that somebody else runs lets us ask: one small question for each thing needed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from smokestack.clients import Clients, connect
from smokestack.drive import sources
from smokestack.errors import ObservationError
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.exposition import read_metrics
from smokestack.observe.jaeger import Jaeger
from smokestack.observe.tempo import Tempo
from smokestack.stack_file import Remote
from smokestack.system import System

LABELS_S = 3600.0
"""Labels of the last hour are asked for: any may be there."""

Question = tuple[str, str, Callable[[], str]]
"""The server, what is asked of it, and how: gives what of the answer is shown."""


@dataclass(frozen=True)
class Right:
    """One thing that was asked. `seen` is what came, or why nothing did; then `hint` helps."""

    server: str
    what: str
    good: bool
    seen: str
    hint: str | None = None


def rights(remote: Remote, system: System) -> Iterator[Right]:
    """Ask every server of a stack file. Raises UsageError for a certificate that cannot be read,
    or as `sources.found`.
    """
    if remote.seeking:
        try:
            remote = sources.found(remote)
        except ObservationError as error:
            yield Right("grafana", "data sources", False, error.message, error.hint)
            return
        yield Right("grafana", "what is asked through it", True, sources.told(remote))
    clients = connect(remote.endpoints, system)
    try:
        for question in _questions(clients):
            yield _asked(*question)
    finally:
        clients.close()
    for name in system.application.services:
        if endpoint := remote.endpoints.get(name):
            with contextlib.closing(Edge(endpoint, calls=CallLog())) as edge:
                yield _asked(name, "metrics", partial(_metrics, edge))
    if leave := remote.leave:
        told = f"{leave.requests} requests of ours in a run, {leave.rate:g} a second"
        yield Right(system.application.entry, "traffic", True, told)


def _metrics(edge: Edge) -> str:
    return f"{len(read_metrics(edge).names())} names"


def _traces(tempo: Tempo) -> str:
    now = time.time()
    return f"{tempo.matching('{}', now - LABELS_S, now, 1).samples} traces"


def _asked(server: str, what: str, ask: Callable[[], str]) -> Right:
    started = time.monotonic()
    try:
        seen = ask()
    except ObservationError as error:
        return Right(server, what, False, error.message, error.hint)
    took = (time.monotonic() - started) * 1000
    return Right(server, what, True, f"{seen} ({took:.0f} ms)")


def _questions(clients: Clients) -> Iterator[Question]:
    prometheus = clients.prometheus
    yield "prometheus", "version", prometheus.version
    yield "prometheus", "queries", lambda: f"{len(prometheus.instant('count(up)'))} series"
    yield "prometheus", "scrape targets", lambda: f"{len(prometheus.targets())} targets"
    yield "prometheus", "rules", lambda: f"{len(prometheus.rules())} rules"
    yield "prometheus", "configuration", lambda: f"{len(prometheus.config_text())} characters"
    if alertmanager := clients.of_alertmanager:
        yield "alertmanager", "version", alertmanager.version
        yield "alertmanager", "alerts", lambda: f"{len(alertmanager.alerts())} alerts"
    if loki := clients.of_loki:
        now = time.time()
        yield "loki", "version", loki.version
        yield "loki", "queries", lambda: f"{len(loki.label_names(now - LABELS_S, now))} labels"
    if isinstance(store := clients.of_traces, Jaeger):
        yield "jaeger", "services", lambda: f"{len(store.services())} services"
    elif isinstance(store, Tempo):
        yield "tempo", "version", store.version
        yield "tempo", "searches", lambda: _traces(store)
    if grafana := clients.of_grafana:
        yield "grafana", "version", grafana.version
        yield "grafana", "data sources", lambda: f"{len(grafana.sources())} data sources"
    if collector := clients.collector:
        yield collector.server, "metrics", partial(_metrics, collector)
