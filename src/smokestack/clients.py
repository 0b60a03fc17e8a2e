"""One client per server of a stack, all on one call log."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smokestack.endpoints import Endpoint, Endpoints
from smokestack.errors import ObservationError
from smokestack.observe.alertmanager import Alertmanager
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.jaeger import Jaeger
from smokestack.observe.loki import Loki
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.tempo import Tempo
from smokestack.observe.traces import TraceStore
from smokestack.observe.webhook import Webhook
from smokestack.system import System

HTTP_DATE_S = 1.0
"""An HTTP Date header is cut to whole seconds (RFC 9110, section 5.6.7)."""


@dataclass(frozen=True)
class Clients:
    """The clients of one stack. Use as a context manager, or call `close`: Prometheus does not
    stop while a connection is open.
    """

    calls: CallLog
    prometheus: Prometheus
    loki: Loki
    alertmanager: Alertmanager
    traces: TraceStore
    webhook: Webhook
    collector: Edge
    trace_metrics: Edge
    edges: tuple[Edge, ...]

    def close(self) -> None:
        """Drop every connection."""
        for edge in self.edges:
            edge.close()

    def versions(self) -> dict[str, str | None]:
        """What each server calls its version; None where it does not tell."""
        asked = {
            "prometheus": self.prometheus.version,
            "alertmanager": self.alertmanager.version,
            "loki": self.loki.version,
            self.traces.name: self.traces.version,
        }
        found: dict[str, str | None] = {}
        for name, ask in asked.items():
            try:
                found[name] = ask() or None
            except ObservationError:
                found[name] = None
        return found

    def clock_skews(self) -> dict[str, tuple[float, float] | None]:
        """Per server: seconds that its clock is ahead of ours, and how sure that is (seconds).

        None for a server whose answers carry no Date.
        """
        skews: dict[str, tuple[float, float] | None] = {}
        before = time.time()
        theirs = self.prometheus.server_time()
        after = time.time()
        skews["prometheus"] = (theirs - (before + after) / 2, (after - before) / 2)
        others = {"loki": self.loki.edge, "alertmanager": self.alertmanager.edge,
                  self.traces.name: self.traces.edge}  # fmt: skip
        for name, edge in others.items():
            offset = edge.clock_offset("/")
            skews[name] = None if offset is None else (offset, HTTP_DATE_S / 2)
        return skews


def connect(endpoints: Endpoints, system: System, *, timeout_s: float = 10.0) -> Clients:
    """Clients for the endpoints of a system's stack. `timeout_s` bounds each question."""
    calls = CallLog()
    edges: dict[str, Edge] = {}

    def edge(role: str) -> Edge:
        return edges.setdefault(role, Edge(endpoints[role], calls=calls, timeout_s=timeout_s))

    store: TraceStore
    entry = system.application.entry
    if endpoints["traces"].name == "tempo":
        store = Tempo(edge("traces"), service=entry, attributes=_span_attributes(system))
    else:
        store = Jaeger(edge("traces"), service=entry, admin=edge("traces-metrics"))
    return Clients(
        calls=calls,
        prometheus=Prometheus(edge("prometheus")),
        loki=Loki(edge("loki")),
        alertmanager=Alertmanager(edge("alertmanager")),
        traces=store,
        webhook=Webhook(edge("webhook")),
        collector=edge("otel-collector"),
        trace_metrics=edge("traces-metrics"),
        edges=tuple(edges.values()),
    )


def _span_attributes(system: System) -> tuple[str, ...]:
    """Every span attribute that a check reads."""
    traces = system.traces
    server = traces.server_span
    return (
        traces.load_attribute,
        traces.correlation_attribute,
        *server.method,
        *server.route,
        *server.status,
    )


@contextlib.contextmanager
def ready_probe() -> Iterator[Callable[[str], bool]]:
    """How stack/ asks a server whether it is ready: over our one HTTP edge."""
    edges: dict[str, Edge] = {}

    def probe(url: str) -> bool:
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        if host not in edges:
            endpoint = Endpoint(host, f"{scheme}://{host}")
            edges[host] = Edge(endpoint, calls=CallLog(), timeout_s=2.0)
        return edges[host].answers(f"/{path}")

    try:
        yield probe
    finally:
        for edge in edges.values():
            edge.close()
