"""One client per server of a stack, all on one call log."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from smokestack.endpoints import Endpoint, Endpoints
from smokestack.errors import ObservationError
from smokestack.observe.alertmanager import Alertmanager
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.grafana import Grafana
from smokestack.observe.jaeger import Jaeger
from smokestack.observe.loki import Loki
from smokestack.observe.otlp_sender import Otlp
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.restricted import Throttle
from smokestack.observe.tempo import Tempo
from smokestack.observe.traces import TraceStore
from smokestack.observe.webhook import Webhook
from smokestack.system import System

C = TypeVar("C")

MARK_WHAT_NEEDS = "a check of what a system may lack is marked: pytest.mark.needs(part)"

SMALL = {
    "loki": "/loki/api/v1/status/buildinfo", "alertmanager": "/api/v2/status",
    "tempo": "/api/status/buildinfo", "jaeger": "/api/services",
}  # fmt: skip
"""Server -> what is asked for its Date header alone: below the paths that gateways let through."""

HTTP_DATE_S = 1.0
"""An HTTP Date header is cut to whole seconds (RFC 9110, section 5.6.7)."""


@dataclass(frozen=True)
class Clients:
    """The clients of one stack. Use as a context manager, or call `close`: Prometheus does not
    stop while a connection is open.

    What a stack may lack is None in `of_*`; the property of the same name raises then.
    """

    calls: CallLog
    prometheus: Prometheus
    of_loki: Loki | None
    of_alertmanager: Alertmanager | None
    of_traces: TraceStore | None
    of_webhook: Webhook | None
    of_grafana: Grafana | None
    collector: Edge | None
    of_otlp: Otlp | None
    trace_metrics: Edge | None
    edges: tuple[Edge, ...]
    container_logs: Edge | None = None
    """The collector that ships what containers write."""

    @property
    def loki(self) -> Loki:
        """A client of Loki. Raises ObservationError where there is none."""
        return _there(self.of_loki, "Loki")

    @property
    def alertmanager(self) -> Alertmanager:
        """A client of Alertmanager. Raises ObservationError where there is none."""
        return _there(self.of_alertmanager, "Alertmanager")

    @property
    def traces(self) -> TraceStore:
        """A client of the trace store. Raises ObservationError where there is none."""
        return _there(self.of_traces, "trace store")

    @property
    def webhook(self) -> Webhook:
        """A client of the webhook receiver. Raises ObservationError where there is none."""
        return _there(self.of_webhook, "webhook receiver")

    @property
    def grafana(self) -> Grafana:
        """A client of Grafana. Raises ObservationError where there is none."""
        return _there(self.of_grafana, "Grafana")

    @property
    def otlp(self) -> Otlp:
        """A sender to the collector. Raises ObservationError where none takes OTLP over HTTP."""
        return _there(self.of_otlp, "collector that takes OTLP over HTTP")

    def close(self) -> None:
        """Drop every connection."""
        for edge in self.edges:
            edge.close()

    def versions(self) -> dict[str, str | None]:
        """What each server calls its version; None where it does not tell."""
        told = self.versions_told()
        return {name: one if isinstance(one, str) else None for name, one in told.items()}

    def versions_told(self) -> dict[str, str | ObservationError | None]:
        """The same, with the reason where it could not be asked."""
        asked: dict[str, Callable[[], str]] = {"prometheus": self.prometheus.version}
        if self.of_loki:
            asked["loki"] = self.of_loki.version
        if self.of_alertmanager:
            asked["alertmanager"] = self.of_alertmanager.version
        if self.of_traces:
            asked[self.of_traces.name] = self.of_traces.version
        if self.of_grafana:
            asked["grafana"] = self.of_grafana.version
        found: dict[str, str | ObservationError | None] = {}
        for name, ask in asked.items():
            try:
                found[name] = ask() or None
            except ObservationError as error:
                found[name] = error
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
        others = [self.of_loki.edge] if self.of_loki else []
        others += [self.of_alertmanager.edge] if self.of_alertmanager else []
        others += [self.of_traces.edge] if self.of_traces else []
        for edge in others:
            name = edge.server
            offset = edge.clock_offset(SMALL.get(name, "/"))
            skews[name] = None if offset is None else (offset, HTTP_DATE_S / 2)
        return skews

    @property
    def behind_others(self) -> frozenset[str]:
        """Servers that somebody else runs and whose time a Date header tells: a gateway before
        them may have written it.
        """
        theirs = {edge.server for edge in self.edges if edge.endpoint.limits}
        return frozenset(theirs - {"prometheus"})


def _there(client: C | None, what: str) -> C:
    if client is None:
        raise ObservationError(f"this stack has no {what}", hint=MARK_WHAT_NEEDS)
    return client


def connect(
    endpoints: Endpoints, system: System, *, timeout_s: float = 10.0, calls: CallLog | None = None
) -> Clients:
    """Clients for the endpoints of a system's stack. `timeout_s` bounds each question; `calls` has
    what was asked before.
    """
    calls = calls or CallLog()
    edges: dict[str, Edge] = {}

    limits = next((one.limits for one in endpoints.by_role.values() if one.limits), None)
    throttle = Throttle(limits.rate) if limits else None

    def edge(role: str) -> Edge:
        return edges.setdefault(
            role, Edge(endpoints[role], calls=calls, timeout_s=timeout_s, throttle=throttle)
        )

    def maybe(role: str) -> Edge | None:
        return edge(role) if endpoints.get(role) else None

    alertmanager, store, webhook = maybe("alertmanager"), maybe("traces"), maybe("webhook")
    trace_metrics, grafana, loki = maybe("traces-metrics"), maybe("grafana"), maybe("loki")
    otlp = maybe("otlp")
    return Clients(
        calls=calls,
        prometheus=Prometheus(edge("prometheus")),
        of_loki=Loki(loki) if loki else None,
        of_alertmanager=Alertmanager(alertmanager) if alertmanager else None,
        of_traces=_trace_store(store, trace_metrics, system) if store else None,
        of_webhook=Webhook(webhook) if webhook else None,
        of_grafana=Grafana(grafana) if grafana else None,
        collector=maybe("otel-collector"),
        of_otlp=Otlp(otlp) if otlp else None,
        trace_metrics=trace_metrics,
        container_logs=maybe("container-logs"),
        edges=tuple(edges.values()),
    )


def _trace_store(store: Edge, metrics: Edge | None, system: System) -> TraceStore:
    entry = system.application.entry
    if store.server == "tempo":
        return Tempo(store, service=entry, attributes=_span_attributes(system))
    return Jaeger(store, service=entry, admin=metrics)


def _span_attributes(system: System) -> tuple[str, ...]:
    """Every span attribute that a check reads."""
    traces = system.traces
    if traces is None:
        return ()
    server = traces.server_span
    correlation = (traces.correlation_attribute,) if traces.correlation_attribute else ()
    return (traces.load_attribute, *correlation, *server.method, *server.route, *server.status)


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
