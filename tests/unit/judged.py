"""What judges are given in tests: a small system, and observations made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from smokestack.results import Evidence
from smokestack.samples import Exemplar, Ledger, LogLine, Request, Series, Span, Trace
from smokestack.system import System
from smokestack.wait import Poll, Waited

EVIDENCE = Evidence("test", "query", "seen", "expected")
WAITED: Waited[object] = Waited(True, None, 9.5, 3.1, (Poll(0.0, "all"),))
AT = 1000.0

SYSTEM = System.model_validate(
    {
        "system": "small",
        "title": "two services",
        "application": {"entry": "front", "services": ["front", "back"]},
        "scrape": [
            {"job": "front", "target": "front:1", "interval": "30s"},
            {"job": "back", "target": "back:2", "interval": "30s"},
        ],
        "versions": {"prometheus": "3."},
        "clock_skew": "2s",
        "routes": [
            {"method": "GET", "route": "/both", "services": ["front", "back"]},
            {
                "method": "GET", "route": "/health", "services": ["front"],
                "copies": {"metrics": 1, "logs": 1, "traces": 0},
            },
            {
                "method": "GET", "route": "/silent", "services": ["front"],
                "copies": {"metrics": 0, "logs": 0, "traces": 0},
            },
            {"method": "POST", "route": "/error", "services": ["front"]},
        ],
        "metrics": {
            "requests": "requests_total",
            "durations": "duration_seconds",
            "labels": {name: name for name in ("service", "method", "route", "status")},
            "families": {"requests_total": "counter", "duration_seconds": "histogram"},
            "cardinality": {"job": 10, "metric": 5},
        },
        "logs": {
            "selector": '{service_name=~"front|back"}',
            "service_label": "service_name",
            "access": {"field": "event", "value": "request"},
            "fields": ["message"],
            "labels": ["service_name", "level"],
            "names": {
                "method": "method", "route": "route", "status": "status", "service": "service",
                "correlation_id": "correlation_id", "trace_id": "trace_id",
                "event_id": "event_id", "order": "seq", "level": "level",
            },
            "timestamp_bound": "1s",
            "error": {"route": "/error", "event": "exception"},
        },
        "traces": {
            "load_attribute": "load",
            "correlation_attribute": "correlation_id",
            "server_span": {"method": ["method"], "route": ["route"], "status": ["status"]},
        },
        "correlation": {"response_header": "X-Correlation-ID"},
        "alerts": [
            {
                "alert": "Errors", "for": "5m", "window": "5m", "threshold": 0.05,
                "labels": {"severity": "critical"}, "subject": {"service": "front"},
                "annotations": {"summary": "Errors on front"}, "receiver": "critical",
                "delivered_to": "/critical", "group_by": ["alertname"],
                "lived_through": {"scenario": "burst"},
            }
        ],
    }
)  # fmt: skip
ALERT = SYSTEM.alerts[0]


def request(n: int = 1, route: str = "/both", *, status: int | None = 200, **more: Any) -> Request:
    """The n-th request, sent n seconds after AT and answered half a second later."""
    values: dict[str, Any] = {
        "n": n, "load": "load", "method": "POST" if route == "/error" else "GET", "route": route,
        "status": status, "intended_at": AT + n, "sent_at": AT + n, "latency_s": 0.5,
        "trace_id": f"{n:032x}", "span_id": f"{n:016x}", "correlation_id": f"id-{n}",
        "echoed_id": f"id-{n}",
    }  # fmt: skip
    return Request(**{**values, **more})


def ledger(*requests: Request) -> Ledger:
    """A ledger of these requests."""
    return Ledger(requests)


def line(of: Request, service: str = "front", **more: Any) -> LogLine:
    """The access event of a request; `level`, `at` and fields can be said otherwise."""
    at, level = more.pop("at", of.sent_at + 0.25), more.pop("level", "info")
    fields: dict[str, object] = {
        "event": "request", "message": "text", "method": of.method, "route": of.route,
        "status": of.status, "service": service, "correlation_id": of.correlation_id,
        "trace_id": of.trace_id, "event_id": f"{service}-{of.n}", "seq": of.n, "level": level,
    }  # fmt: skip
    labels = {"service_name": service, "level": level}
    return LogLine(at, labels, "", {**fields, **more})


def lines(of: Iterable[Request]) -> list[LogLine]:
    """The access events of requests, of every service that handles them."""
    found = []
    for one in of:
        route = SYSTEM.route(one.method, one.route)
        found += [line(one, service) for service in (route.services if route else ())]
    return found


def span(of: Request, service: str, n: int, parent: str, **more: Any) -> Span:
    """A server span of a request."""
    attributes = {
        "method": of.method, "route": of.route, "status": of.status,
        "correlation_id": of.correlation_id,
    }  # fmt: skip
    values: dict[str, Any] = {
        "trace_id": of.trace_id, "span_id": f"{service}-{n}", "parent_id": parent, "name": "GET",
        "service": service, "kind": "server", "started_at": of.sent_at, "duration_s": 0.1,
        "attributes": attributes, "resource": {},
    }  # fmt: skip
    return Span(**{**values, **more})


def trace(of: Request) -> Trace:
    """The whole trace of a request to /both."""
    front = span(of, "front", of.n, of.span_id)
    return Trace(of.trace_id, (front, span(of, "back", of.n, front.span_id)))


def traces(*requests: Request) -> dict[str, Trace]:
    """Whole traces by id."""
    return {one.trace_id: trace(one) for one in requests}


def exemplar(of: Request, service: str = "front", **more: Any) -> Exemplar:
    """An exemplar of the histogram that names the trace of a request."""
    values: dict[str, Any] = {
        "metric": "duration_seconds_bucket", "labels": {"service": service, "route": of.route},
        "trace_id": of.trace_id, "value": 0.1, "at": of.ended_at,
    }  # fmt: skip
    return Exemplar(**{**values, **more})


def sample(name: str, value: float, at: float, job: str = "front", **labels: str) -> Series:
    """A raw sample of a scrape target."""
    instance = {"front": "front:1", "back": "back:2"}[job]
    return Series(name, {"job": job, "instance": instance, **labels}, value, at)
