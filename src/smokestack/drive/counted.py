"""What the servers have counted by now of what they are sent and hold: a question to each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smokestack.clients import Clients
from smokestack.errors import ObservationError
from smokestack.observe.edge import Edge
from smokestack.observe.exposition import Exposition, read_metrics
from smokestack.usage import Counted

Read = Callable[[Exposition], float]


@dataclass(frozen=True)
class Asked:
    """A server, where its /metrics are, and which figures are read there."""

    server: str
    edge: Edge
    figures: Mapping[str, Read]


def _counter(name: str) -> Read:
    """The sum of a counter; it has no series before it first counts."""
    return lambda exposition: exposition.value(name) or 0.0


def _to_trace_store(exposition: Exposition) -> float:
    """Bytes that the collector handed to its exporters of traces by OTLP over gRPC."""
    sent = exposition.by("otelcol_exporter_enqueue_size_bytes_sum", "exporter")
    return sum(size for name, size in sent.items() if name.split("/")[0] in ("otlp", "otlp_grpc"))


PROMETHEUS: Mapping[str, Read] = {
    "samples": _counter("prometheus_tsdb_head_samples_appended_total"),
    "series": _counter("prometheus_tsdb_head_series"),
    "wal": _counter("prometheus_tsdb_wal_storage_size_bytes"),
}
LOKI: Mapping[str, Read] = {
    "logs": _counter("loki_distributor_bytes_received_total"),
    "streams": _counter("loki_ingester_memory_streams"),
}
TEMPO: Mapping[str, Read] = {"traces": _counter("tempo_distributor_bytes_received_total")}
COLLECTOR: Mapping[str, Read] = {"traces": _to_trace_store}
"""Where Jaeger stands in: it counts spans and no bytes, so who sends them is asked."""


def count(clients: Clients) -> Counted:
    """What each server has counted by now; who cannot be asked is named."""
    figures: dict[str, float] = {}
    unread: dict[str, str] = {}
    for one in _asked(clients):
        try:
            exposition = read_metrics(one.edge)
        except ObservationError as error:
            unread[one.server] = error.message
            continue
        figures |= {name: read(exposition) for name, read in one.figures.items()}
    return Counted(time.time(), figures, unread)


def _asked(clients: Clients) -> list[Asked]:
    asked = [Asked("prometheus", clients.prometheus.edge, PROMETHEUS)]
    if clients.of_loki:
        asked.append(Asked("loki", clients.of_loki.edge, LOKI))
    store, metrics = clients.of_traces, clients.trace_metrics
    if store and store.name == "tempo" and metrics:
        asked.append(Asked("tempo", metrics, TEMPO))
    elif store and clients.collector:
        asked.append(Asked("otel-collector", clients.collector, COLLECTOR))
    return asked
