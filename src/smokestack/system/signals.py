"""What must be true of the signals that the application gives: metrics, logs, traces, and the
correlation id that joins them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import pydantic

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


Family = Literal["counter", "gauge", "histogram", "summary", "info", "unknown"]


class Metrics(Section):
    """The request counter, its histogram, and every family that must exist; those of an optional
    server, by its name in `families_of`, only where it runs.

    `more_durations` are histograms that observe each request too. `errors` counts those that were
    answered with 400 or more. `unconventional` are promised names that Prometheus' practice
    forbids.
    """

    requests: str
    durations: str
    more_durations: tuple[str, ...] = ()
    errors: str | None = None
    labels: RequestLabels
    families: dict[str, Family]
    families_of: Mapping[str, Mapping[str, Family]] = pydantic.Field(default_factory=dict)
    unconventional: tuple[str, ...] = ()
    cardinality: Cardinality

    def promised(self, absent: Collection[str]) -> Mapping[str, Family]:
        """The families of a stack that runs without some optional servers."""
        of = [some for server, some in self.families_of.items() if server not in absent]
        return {name: kind for some in (self.families, *of) for name, kind in some.items()}

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


class HostLogs(Section):
    """Where lines of the host's log files are found. `file_label` has the name of the file."""

    selector: str
    file_label: str


class Logs(Section):
    """Where the application's lines are found and what each must have, and where those of the
    host's log files are, if they are shipped.

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
    host: HostLogs | None = None


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
