"""What must be true of the signals that the application gives: metrics, logs, traces, and the
correlation id that joins them.
"""

from __future__ import annotations

from typing import Literal

from smokestack.system.units import Seconds, Section

Signal = Literal["metrics", "logs", "traces"]


class RequestLabels(Section):
    """The metric labels that tell requests apart."""

    service: str
    method: str
    route: str
    status: str


class Cardinality(Section):
    """Series allowed per job of the application, and per metric of one."""

    job: int
    metric: int


class Metrics(Section):
    """The request counter, its histogram, and every family that must exist.

    `more_durations` are histograms that observe each request too. `errors` counts those that were
    answered with 400 or more. `unconventional` are promised names that Prometheus' practice
    forbids.
    """

    requests: str
    durations: str
    more_durations: tuple[str, ...] = ()
    errors: str | None = None
    labels: RequestLabels
    families: dict[str, Literal["counter", "gauge", "histogram", "summary", "info", "unknown"]]
    unconventional: tuple[str, ...] = ()
    cardinality: Cardinality

    @property
    def histograms(self) -> tuple[str, ...]:
        """Every histogram that must have observed each request."""
        return (self.durations, *self.more_durations)

    @property
    def counters(self) -> tuple[str, ...]:
        """Every series name that is reconciled with the ledger."""
        errors = (self.errors,) if self.errors else ()
        return (self.requests, *(f"{name}_count" for name in self.histograms), *errors)


class Push(Section):
    """Metrics that the application pushes beside those that are scraped, under the same names.

    `job` is the label that tells them apart. `heartbeat` is a gauge of theirs that is pushed each
    time, from the start: by its samples it is known when a push was. `families` come with it.
    """

    service: str
    job: str
    interval: Seconds
    heartbeat: str
    families: tuple[str, ...] = ()


class AccessEvent(Section):
    """How a log line is known to be the access event of a request."""

    field: str
    value: str


class LogNames(Section):
    """JSON fields of an access event, by what they mean."""

    method: str
    route: str
    status: str
    service: str
    correlation_id: str
    trace_id: str | None = None
    event_id: str
    order: str
    level: str


class ErrorLog(Section):
    """What a request to the error route must leave in the log."""

    route: str
    event: str


class Logs(Section):
    """Where the application's lines are found and what each must have.

    `names.trace_id` is there if and only if the system has traces.
    """

    selector: str
    service_label: str
    access: AccessEvent
    fields: tuple[str, ...]
    labels: tuple[str, ...]
    names: LogNames
    timestamp_bound: Seconds
    error: ErrorLog


class ServerSpan(Section):
    """Attributes of a server span; each may go by one of several names (semconv versions)."""

    method: tuple[str, ...]
    route: tuple[str, ...]
    status: tuple[str, ...]


class Traces(Section):
    """How our traces are found and what their spans must have.

    `correlation_attribute` is there if and only if the system has correlation ids.
    """

    load_attribute: str
    correlation_attribute: str | None = None
    server_span: ServerSpan


class Correlation(Section):
    """The response header that carries the correlation id."""

    response_header: str
