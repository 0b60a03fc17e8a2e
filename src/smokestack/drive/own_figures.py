"""What servers say of themselves: the `process_*` metrics that Prometheus scraped of each.

The only way where nobody else can look at them, as with a stack that somebody else runs.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Iterable

from smokestack.clients import Clients
from smokestack.errors import ObservationError
from smokestack.observe.exposition import read_metrics
from smokestack.observe.prometheus import Prometheus
from smokestack.samples import Series
from smokestack.system import System
from smokestack.usage import Usage, Used

METRICS = {
    "process_cpu_seconds_total": "cpu_s",
    "process_resident_memory_bytes": "memory",
    "process_open_fds": "open_files",
    # The collector's own names, as it has been exposing them and without units.
    "otelcol_process_cpu_seconds_total": "cpu_s",
    "otelcol_process_cpu_seconds": "cpu_s",
    "otelcol_process_memory_rss_bytes": "memory",
    "otelcol_process_memory_rss": "memory",
}
SELECTOR = f'{{__name__=~"{"|".join(METRICS)}"}}'
SOURCE = "its own metrics"


def own_figures(
    system: System, prometheus: Prometheus, start: float, end: float
) -> dict[str, Used]:
    """What each server that is scraped said from one moment to another: one query for all.

    Servers are told by their scrape targets; of one with several instances none is taken, since
    their sum would be of different moments. Raises ObservationError.
    """
    return told_by(system, prometheus.raw(SELECTOR, end - start, end))


def told_by(system: System, samples: Iterable[Series]) -> dict[str, Used]:
    """The same, of samples that were read. Those of one scrape are of one moment."""
    moments: dict[tuple[str, float], dict[str, float]] = defaultdict(dict)
    for one in samples:
        figure = METRICS.get(one.name)
        if figure:
            moments[one.labels.get("instance", ""), one.at][figure] = one.value
    servers = {job.target: server_of(job.job, job.target) for job in system.scrape}
    found: dict[str, list[Usage]] = defaultdict(list)
    for (instance, at), figures in sorted(moments.items()):
        if instance in servers:
            found[servers[instance]].append(Usage(at, "", **figures))
    return {server: Used(tuple(told), SOURCE) for server, told in found.items()}


def asked_itself(clients: Clients, server: str) -> Used:
    """What a server that Prometheus does not scrape says right now, where it can be asked."""
    edges = [one for one in clients.edges if one.server == server]
    if clients.of_traces and clients.of_traces.name == server and clients.trace_metrics:
        edges.append(clients.trace_metrics)
    for edge in edges:
        with contextlib.suppress(ObservationError):
            told = read_metrics(edge)
            found = ((name, told.value(metric)) for metric, name in METRICS.items())
            values = {name: value for name, value in found if value is not None}
            if values:
                return Used((Usage(time.time(), "", **values),), SOURCE)
    return Used()


def server_of(job: str, target: str) -> str:
    """The service that a scrape target is: its host, or its job where it scrapes itself."""
    host = target.partition(":")[0]
    return job if host in ("localhost", "127.0.0.1") else host
