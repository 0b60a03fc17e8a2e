"""Why no data: each server's own counters along a signal's way, and where it was lost.

A `Station` is one server on the way and which of its counters to read; `snapshot` reads a row of
stations, `difference` subtracts two snapshots, `where_lost` names the first hop that passed on
less than was expected. Only differences count: the counters began with the server, and a counter
with labels does not exist before it first counts, so an absent one is 0.

Not every server says what left it. Loki counts lines as it reads a push, before it takes or
refuses it: a shipper that retries is counted each time, so its figure may exceed what was sent.
Prometheus counts an alert each time it sends it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from smokestack.errors import ObservationError
from smokestack.observe.edge import Edge
from smokestack.observe.exposition import Exposition, read_metrics


@dataclass(frozen=True)
class Counter:
    """A figure of a hop: its word in a sentence and the metric, whose sum over series it is.

    `labels` restricts the series. The metric may also be exposed with `_total` at its end.
    """

    word: str
    metric: str
    labels: tuple[tuple[str, str], ...] = ()

    def read(self, exposition: Exposition) -> float:
        """Its value; 0 where the server has not counted anything yet."""
        for name in (self.metric, f"{self.metric}_total"):
            value = exposition.value(name, **dict(self.labels))
            if value is not None:
                return value
        return 0.0


@dataclass(frozen=True)
class Course:
    """What to read of one kind of server for one signal."""

    name: str
    question: str
    unit: str
    entered: Counter
    left: Counter | None = None
    refused: tuple[Counter, ...] = ()
    left_failed: Counter | None = None
    """For a server whose `left` counts attempts: those that failed."""
    part: tuple[str, ...] = ()
    """Metrics of which what takes the signal has one from its start on, where a server may be
    several processes: one without them takes none, and has nothing to count.
    """


@dataclass(frozen=True)
class Station:
    """A server on the way: what to read, and where its /metrics are."""

    course: Course
    edge: Edge
    path: str = "/metrics"


@dataclass(frozen=True)
class Hop:
    """The counters of one hop. `left` is None where the server does not count what leaves it.

    `detail` has every figure with its word, the first being what entered. `unread` says why the
    counters could not be had; the figures are then None.
    """

    name: str
    question: str
    entered: float | None
    left: float | None
    refused: float
    detail: tuple[tuple[str, float], ...]
    unit: str = field(default="items", kw_only=True)
    unread: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        if self.unread:
            return f"{self.name} could not be asked: {self.unread}"
        first, *rest = self.detail
        words = [f"{first[0]} {first[1]:.0f} {self.unit}"]
        words += [f"{word} {count:.0f}" for word, count in rest if self._tells(word, count)]
        return f"{self.name} {', '.join(words)}"

    def _tells(self, word: str, count: float) -> bool:
        """What left is always said; a way of refusing only where it happened."""
        return count != 0 or (self.left is not None and word == self.detail[1][0])


def _collector(signal: str, unit: str, filtered: str) -> Course:
    return Course(
        name="collector",
        question=f"did the collector accept and export the {unit}?",
        unit=unit,
        entered=Counter("accepted", f"otelcol_receiver_accepted_{signal}"),
        left=Counter("exported", f"otelcol_exporter_sent_{signal}"),
        refused=(
            Counter("refused", f"otelcol_receiver_refused_{signal}"),
            Counter("failed to receive", f"otelcol_receiver_failed_{signal}"),
            Counter("filtered", f"otelcol_processor_filter_{filtered}_filtered"),
            # The first is what 0.160 has, the second what collectors had before.
            Counter("refused for memory", f"otelcol_processor_memory_limiter_refused_{signal}"),
            Counter("refused for memory", f"otelcol_processor_refused_{signal}"),
            Counter("enqueue failed", f"otelcol_exporter_enqueue_failed_{signal}"),
            Counter("send failed", f"otelcol_exporter_send_failed_{signal}"),
        ),
    )


COLLECTOR_LOGS = _collector("log_records", "log records", "logs")
COLLECTOR_SPANS = _collector("spans", "spans", "spans")
COLLECTOR_METRICS = _collector("metric_points", "metric points", "datapoints")

LOKI = Course(
    name="loki",
    question="did Loki take the lines?",
    unit="lines",
    part=("loki_distributor_replication_factor", "loki_distributor_lines_received_total"),
    entered=Counter("received", "loki_distributor_lines_received_total"),
    refused=(
        Counter("discarded", "loki_discarded_samples_total"),
        Counter("lost from its write-ahead log", "loki_ingester_wal_discarded_samples_total"),
    ),
)
JAEGER = Course(
    name="jaeger",
    question="did Jaeger take and store the spans?",
    unit="spans",
    entered=Counter("received", "jaeger_collector_spans_received_total"),
    left=Counter("saved", "jaeger_collector_spans_saved_by_svc_total", (("result", "ok"),)),
    refused=(
        Counter("rejected", "jaeger_collector_spans_rejected_total"),
        Counter("dropped from a full queue", "jaeger_collector_spans_dropped_total"),
        Counter(
            "failed to save", "jaeger_collector_spans_saved_by_svc_total", (("result", "err"),)
        ),
    ),
)
TEMPO = Course(
    name="tempo",
    question="did Tempo take the spans?",
    unit="spans",
    entered=Counter("received", "tempo_distributor_spans_received_total"),
    refused=(Counter("discarded", "tempo_discarded_spans_total"),),
)
PROMETHEUS_SCRAPES = Course(
    name="prometheus",
    question="did Prometheus store the samples that it scraped?",
    unit="samples",
    entered=Counter("stored", "prometheus_tsdb_head_samples_appended_total"),
    refused=(
        Counter("out of order", "prometheus_target_scrapes_sample_out_of_order_total"),
        Counter("duplicate", "prometheus_target_scrapes_sample_duplicate_timestamp_total"),
        Counter("out of bounds", "prometheus_target_scrapes_sample_out_of_bounds_total"),
        Counter(
            "scrapes over the sample limit", "prometheus_target_scrapes_exceeded_sample_limit_total"
        ),
        Counter(
            "scrapes over the size limit",
            "prometheus_target_scrapes_exceeded_body_size_limit_total",
        ),
    ),
)
PROMETHEUS_ALERTS = Course(
    name="prometheus",
    question="did Prometheus send the alert to Alertmanager?",
    unit="alerts",
    entered=Counter("sent", "prometheus_notifications_sent_total"),
    refused=(
        Counter("failed to send", "prometheus_notifications_errors_total"),
        Counter("dropped", "prometheus_notifications_dropped_total"),
    ),
)
ALERTMANAGER = Course(
    name="alertmanager",
    question="did Alertmanager take the alert and notify its receiver?",
    unit="alerts",
    entered=Counter("received", "alertmanager_alerts_received_total"),
    left=Counter("notifications tried", "alertmanager_notifications_total"),
    left_failed=Counter("notifications failed", "alertmanager_notifications_failed_total"),
    refused=(
        Counter("invalid", "alertmanager_alerts_invalid_total"),
        Counter("suppressed", "alertmanager_notifications_suppressed_total"),
    ),
)


def snapshot(stations: Iterable[Station]) -> tuple[Hop, ...]:
    """Read each station once. One that does not answer gives a hop that says so."""
    return tuple(_hop(station) for station in stations)


def _hop(station: Station) -> Hop:
    course = station.course
    try:
        exposition = read_metrics(station.edge, station.path)
    except ObservationError as error:
        return _unread(course.name, course.question, course.unit, error.message)
    if not _takes_part(course, exposition):
        why = f"the process that answers is one of several, and takes no {course.unit}"
        return _unread(course.name, course.question, course.unit, why)
    return hop_of(course, exposition)


def _takes_part(course: Course, exposition: Exposition) -> bool:
    return not course.part or not exposition.names().isdisjoint(course.part)


def _unread(name: str, question: str, unit: str, why: str) -> Hop:
    return Hop(name, question, None, None, 0.0, (), unit=unit, unread=why)


def hop_of(course: Course, exposition: Exposition) -> Hop:
    """The hop that a server's /metrics show."""
    passed = [one for one in (course.entered, course.left, course.left_failed) if one]
    detail = [(one.word, one.read(exposition)) for one in (*passed, *course.refused)]
    return Hop(
        name=course.name,
        question=course.question,
        entered=detail[0][1],
        left=_left(course, exposition),
        refused=sum(count for _, count in detail[len(passed) :]),
        detail=tuple(detail),
        unit=course.unit,
    )


def _left(course: Course, exposition: Exposition) -> float | None:
    if course.left is None:
        return None
    failed = course.left_failed.read(exposition) if course.left_failed else 0.0
    return course.left.read(exposition) - failed


def difference(before: Sequence[Hop], after: Sequence[Hop]) -> tuple[Hop, ...]:
    """What each hop counted between two snapshots of the same stations.

    A hop that was not read at one of the two, or whose server restarted (a counter fell), is
    unread.
    """
    return tuple(_difference(*pair) for pair in zip(before, after, strict=True))


def _difference(before: Hop, after: Hop) -> Hop:
    if before.unread or after.unread:
        return replace(after if after.unread else before, unread=after.unread or before.unread)
    detail = tuple(
        (word, now - then)
        for (word, now), (_, then) in zip(after.detail, before.detail, strict=True)
    )
    if any(count < 0 for _, count in detail):
        return _unread(after.name, after.question, after.unit, "it restarted in between")
    return replace(
        after,
        entered=detail[0][1],
        left=None if after.left is None else after.left - (before.left or 0.0),
        refused=after.refused - before.refused,
        detail=detail,
    )


def where_lost(hops: Iterable[Hop], expected: float) -> str | None:
    """The first hop whose difference falls short of `expected`, in words with its figures.

    Hops that could not be read are passed over; those before the loss, or all of them where no
    loss was seen, are said. None where every hop passed on enough: then the signal is stored, and
    the query, its labels or its time range are wrong.
    """
    grown = list(hops)
    lost = first_short(grown, expected)
    before = grown[: grown.index(lost)] if lost else grown
    unread = [str(hop) for hop in before if hop.unread]
    short = [f"{lost}, of {expected:.0f} expected"] if lost else []
    return "; ".join([*short, *unread]) or None


def first_short(hops: Iterable[Hop], expected: float) -> Hop | None:
    """The first hop whose difference falls short of `expected`; None where none that was read
    does.
    """
    return next((hop for hop in hops if not hop.unread and _short(hop, expected)), None)


def _short(hop: Hop, expected: float) -> bool:
    counted = [figure for figure in (hop.entered, hop.left) if figure is not None]
    if any(figure < expected for figure in counted):
        return True
    # A server that counts on arrival only has lost what it then refused.
    return hop.left is None and (hop.entered or 0.0) - hop.refused < expected
