"""What servers tell of being pressed: what they refused, dropped or tried again, and their queues.

The counters are those of the hops (`observe/hops.py`), of all signals at once, with the reasons
that servers give. A collector has no counter of retries, but one of its calls by status: each that
did not succeed is tried again, unless what it carried is counted as failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from smokestack.errors import ObservationError
from smokestack.observe import hops
from smokestack.observe.edge import Edge
from smokestack.observe.exposition import Exposition, read_metrics
from smokestack.observe.hops import Counter, Course
from smokestack.pressure import Trouble

REASON_LABELS = ("reason", "exporter", "receiver", "processor", "integration")
"""Where servers say why, or else where, something was not passed on."""

ON_PURPOSE = frozenset({"filtered", "suppressed"})
"""Words of counters that say what the configuration asks for."""

FINE = frozenset({"200", "202", "204", "OK"})
"""How calls end that need not be made again."""

Told = dict[tuple[str, str, str, bool], dict[str, float]]
"""(server, word, unit, retried) -> reason -> count, since the server started."""


@dataclass(frozen=True)
class Calls:
    """Calls by status, each of which may have failed."""

    metric: str
    status: str


@dataclass(frozen=True)
class Gauges:
    """A queue's size and its capacity, and the label that names it, if there are several."""

    size: str
    capacity: str
    name: str


@dataclass(frozen=True)
class Watched:
    """A server, and what to look at of it."""

    edge: Edge
    courses: tuple[Course, ...]
    calls: tuple[Calls, ...] = ()
    queue: Gauges | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.courses[0].name


COLLECTOR = (hops.COLLECTOR_SPANS, hops.COLLECTOR_LOGS, hops.COLLECTOR_METRICS)
COLLECTOR_CALLS = (
    Calls("http_client_request_duration_count", "http_response_status_code"),
    Calls("rpc_client_call_duration_count", "rpc_response_status_code"),
)
COLLECTOR_QUEUE = Gauges(
    "otelcol_exporter_queue_size", "otelcol_exporter_queue_capacity", "exporter"
)
JAEGER_QUEUE = Gauges("jaeger_collector_queue_length", "jaeger_collector_queue_capacity", "")
PROMETHEUS = (hops.PROMETHEUS_SCRAPES, hops.PROMETHEUS_ALERTS)
PROMETHEUS_QUEUE = Gauges(
    "prometheus_notifications_queue_length", "prometheus_notifications_queue_capacity", ""
)


def told(watched: Watched) -> Told:
    """What a server has counted so far of what it did not pass on. Raises ObservationError."""
    exposition = read_metrics(watched.edge)
    found: Told = {}
    for course in watched.courses:
        of = (*course.refused, *([course.left_failed] if course.left_failed else []))
        for counter in of:
            if counter.word not in ON_PURPOSE:
                key = course.name, counter.word, course.unit, False
                found[key] = _both(found.get(key, {}), _by_reason(exposition, counter))
    for calls in watched.calls:
        failed = {
            _status(calls, status): count
            for status, count in exposition.by(calls.metric, calls.status).items()
            if status not in FINE
        }
        found.setdefault((watched.name, "tried again", "calls", True), {}).update(failed)
    return found


def _both(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {why: one.get(why, 0.0) + other.get(why, 0.0) for why in {**one, **other}}


def _status(calls: Calls, status: str) -> str:
    return f"HTTP {status}" if calls.status.startswith("http") else status


def _by_reason(exposition: Exposition, counter: Counter) -> dict[str, float]:
    """The sums of a counter by the first label that says why."""
    sums: dict[str, float] = {}
    for name in (counter.metric, f"{counter.metric}_total"):
        for sample in exposition.samples.get(name, ()):
            if dict(counter.labels).items() <= sample.labels.items():
                why = next((sample.labels[at] for at in REASON_LABELS if at in sample.labels), "")
                sums[why] = sums.get(why, 0.0) + sample.value
    return sums


def difference(before: Told, after: Told) -> Iterable[Trouble]:
    """What a server did not pass on between two readings. One that restarted in between began
    anew: what it says then is all there is.
    """
    for (server, word, unit, retried), counts in after.items():
        then: Mapping[str, float] = before.get((server, word, unit, retried), {})
        grown = {
            why: count - then.get(why, 0.0) if count >= then.get(why, 0.0) else count
            for why, count in counts.items()
        }
        reasons = {why: count for why, count in grown.items() if count > 0}
        if reasons:
            yield Trouble(server, word, unit, sum(reasons.values()), reasons, retried)


def queues(watched: Watched) -> dict[str, tuple[float, float]]:
    """How full a server's queues are, by name, and how full they may become: (size, capacity).

    Raises ObservationError.
    """
    gauges = watched.queue
    if gauges is None:
        return {}
    exposition = read_metrics(watched.edge, only=(gauges.size, gauges.capacity))
    sizes = exposition.by(gauges.size, gauges.name)
    capacities = exposition.by(gauges.capacity, gauges.name)
    shared = sum(capacities.values())
    return {name: (size, capacities.get(name, shared)) for name, size in sizes.items()}


def unread(watched: Watched, error: ObservationError) -> str:
    """A server whose counters could not be had, in words."""
    return f"{watched.name} could not be asked: {error.message}"
