"""How long servers took to take in what they were sent, by their own histograms since they started.

One question a server, after the traffic.
"""

from __future__ import annotations

from collections.abc import Mapping

from smokestack.clients import Clients
from smokestack.errors import ObservationError
from smokestack.observe.edge import Edge
from smokestack.observe.exposition import Exposition, read_metrics
from smokestack.samples import Buckets

LOKI = ("loki_request_duration_seconds", {"otlp_v1_logs", "loki_api_v1_push", "api_prom_push"})
"""Loki's routes by which lines come: OTLP, its own push API, and that by its old name."""
JAEGER = {
    "in the store's queue": "jaeger_collector_in_queue_latency",
    "stored": "jaeger_collector_save_latency",
}
TEMPO = {"taken in": "tempo_distributor_push_duration_seconds"}
ALERTMANAGER = "alertmanager_notification_latency_seconds"


def of_loki(clients: Clients) -> Buckets | None:
    """How long Loki took to take each push; None where it does not tell."""
    name, routes = LOKI
    exposed = _exposed(clients.of_loki.edge if clients.of_loki else None)
    return _buckets("loki", exposed, name, routes)


def of_traces(clients: Clients) -> Mapping[str, Buckets | None]:
    """How long the trace store took to take each span or push, step by step."""
    if clients.of_traces is None:
        return {}
    store = clients.of_traces.name
    exposed = _exposed(clients.trace_metrics)
    steps = JAEGER if store == "jaeger" else TEMPO
    return {step: _buckets(store, exposed, name) for step, name in steps.items()}


def of_notifications(clients: Clients) -> Buckets | None:
    """How long it took Alertmanager to deliver each notification, once it was due."""
    exposed = _exposed(clients.of_alertmanager.edge if clients.of_alertmanager else None)
    return _buckets("alertmanager", exposed, ALERTMANAGER)


def _exposed(edge: Edge | None) -> Exposition | None:
    """The server's metrics; None where they cannot be had: what they tell is a part of a hop that
    is timed anyway.
    """
    try:
        return read_metrics(edge) if edge is not None else None
    except ObservationError:
        return None


def _buckets(
    server: str, exposed: Exposition | None, name: str, routes: set[str] | None = None
) -> Buckets | None:
    """The histogram's buckets, summed over its series, or over those of some routes."""
    if exposed is None:
        return None
    sums: dict[float, float] = {}
    for sample in exposed.samples.get(f"{name}_bucket", ()):
        if routes is None or sample.labels.get("route") in routes:
            bound = float(sample.labels["le"])
            sums[bound] = sums.get(bound, 0.0) + sample.value
    return Buckets(server, tuple(sorted(sums.items()))) if sums else None
