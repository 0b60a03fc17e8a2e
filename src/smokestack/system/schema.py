"""What systems/<name>/system.yaml may say: what must be true of a system's stack.

Read by judge/ and report/; stack/ never sees it, and nothing here is read from the configuration
under test.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import pydantic

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+)(ms|s|m|h|d|w)")

Signal = Literal["metrics", "logs", "traces"]


def _duration(value: object) -> float:
    text = str(value)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration such as 250ms, 30s, 5m or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


Seconds = Annotated[float, pydantic.BeforeValidator(_duration)]


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Application(_Strict):
    """The services under load. `entry` is the one that scenarios send to."""

    entry: str
    services: tuple[str, ...]


class ScrapeJob(_Strict):
    """A scrape job that must be there: its target as shipped, its real interval in seconds."""

    job: str
    target: str
    interval: Seconds


class Copies(_Strict):
    """How many copies of one request each signal must have, per service that handles it."""

    metrics: int = 1
    logs: int = 1
    traces: int = 1


class Route(_Strict):
    """A route that scenarios use."""

    method: str
    route: str
    services: tuple[str, ...]
    copies: Copies = Copies()


class RequestLabels(_Strict):
    """The metric labels that tell requests apart."""

    service: str
    method: str
    route: str
    status: str


class Cardinality(_Strict):
    """Series allowed per job of the application, and per metric of one."""

    job: int
    metric: int


class Metrics(_Strict):
    """The request counter, its histogram, and every family that must exist."""

    requests: str
    durations: str
    labels: RequestLabels
    families: dict[str, Literal["counter", "gauge", "histogram", "summary", "info", "unknown"]]
    cardinality: Cardinality


class AccessEvent(_Strict):
    """How a log line is known to be the access event of a request."""

    field: str
    value: str


class LogNames(_Strict):
    """JSON fields of an access event, by what they mean."""

    method: str
    route: str
    status: str
    service: str
    correlation_id: str
    trace_id: str
    event_id: str
    order: str
    level: str


class ErrorLog(_Strict):
    """What a request to the error route must leave in the log."""

    route: str
    event: str


class Logs(_Strict):
    """Where the application's lines are found and what each must have."""

    selector: str
    service_label: str
    access: AccessEvent
    fields: tuple[str, ...]
    labels: tuple[str, ...]
    names: LogNames
    timestamp_bound: Seconds
    error: ErrorLog


class ServerSpan(_Strict):
    """Attributes of a server span; each may go by one of several names (semconv versions)."""

    method: tuple[str, ...]
    route: tuple[str, ...]
    status: tuple[str, ...]


class Traces(_Strict):
    """How our traces are found and what their spans must have."""

    load_attribute: str
    correlation_attribute: str
    server_span: ServerSpan


class Correlation(_Strict):
    """The response header that carries the correlation id."""

    response_header: str


class LivedThrough(_Strict):
    """The scenario that drives an alert, first below and then above its threshold."""

    scenario: str
    hold: float = 0.8
    drive: float = 1.2


class Alert(_Strict):
    """An alert that must exist, fire, be delivered and resolve."""

    alert: str
    for_s: Seconds = pydantic.Field(alias="for")
    window: Seconds
    threshold: float
    labels: dict[str, str]
    subject: dict[str, str]
    annotations: dict[str, str]
    receiver: str
    delivered_to: str
    group_by: tuple[str, ...]
    lived_through: LivedThrough


class System(_Strict):
    """One system: everything that must be true of its stack."""

    system: str
    title: str
    application: Application
    scrape: tuple[ScrapeJob, ...]
    versions: dict[str, str]
    clock_skew: Seconds
    routes: tuple[Route, ...]
    metrics: Metrics
    logs: Logs
    traces: Traces
    correlation: Correlation
    alerts: tuple[Alert, ...] = ()

    def route(self, method: str, route: str) -> Route | None:
        """The declared route of a ledger entry, or None if system.yaml does not know it."""
        found = (one for one in self.routes if (one.method, one.route) == (method, route))
        return next(found, None)

    def model_post_init(self, _context: Any) -> None:
        """Routes may only name services that exist."""
        for route in self.routes:
            if unknown := set(route.services) - set(self.application.services):
                known = ", ".join(self.application.services)
                raise ValueError(
                    f"route {route.route} names {', '.join(sorted(unknown))}, "
                    f"which is not in application.services ({known})"
                )
