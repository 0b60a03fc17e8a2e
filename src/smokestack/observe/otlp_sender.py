"""Sends spans and lines to a collector, as an application does: OTLP over HTTP, in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from smokestack.observe.edge import Edge
from smokestack.observe.timestamps import nanoseconds

TRACES = "/v1/traces"
LOGS = "/v1/logs"
_SERVER = 2
_INFO = 9


@dataclass(frozen=True)
class SentSpan:
    """A span to be sent, which began at `at` (seconds since the epoch) and took a millisecond."""

    trace_id: str
    span_id: str
    name: str
    at: float
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class SentLine:
    """A line to be sent."""

    at: float
    text: str
    attributes: Mapping[str, str]


class Otlp:
    """A sender to one collector's OTLP receiver. Raises `Unreachable` or `BadResponse`."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def send_span(self, service: str, span: SentSpan) -> None:
        """Send one span, in the name of a service."""
        one = {
            "traceId": span.trace_id,
            "spanId": span.span_id,
            "name": span.name,
            "kind": _SERVER,
            "startTimeUnixNano": str(nanoseconds(span.at)),
            "endTimeUnixNano": str(nanoseconds(span.at + 0.001)),
            "attributes": _attributes(span.attributes),
        }
        self._send(TRACES, "resourceSpans", "scopeSpans", service, {"spans": [one]})

    def send_lines(self, service: str, lines: list[SentLine]) -> None:
        """Send lines, in the name of a service."""
        records = [
            {
                "timeUnixNano": str(nanoseconds(line.at)),
                "severityNumber": _INFO,
                "severityText": "info",
                "body": {"stringValue": line.text},
                "attributes": _attributes(line.attributes),
            }
            for line in lines
        ]
        self._send(LOGS, "resourceLogs", "scopeLogs", service, {"logRecords": records})

    def _send(self, path: str, outer: str, inner: str, service: str, what: object) -> None:
        resource = {"attributes": _attributes({"service.name": service})}
        self.edge.post_json(path, {outer: [{"resource": resource, inner: [what]}]})

    def preflight(self, origin: str) -> str | None:
        """What it says to a browser that asks whether a page of `origin` may send: the origin that
        may, or None for nobody.
        """
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        reply = self.edge.send("OPTIONS", TRACES, headers=asked)
        allowed: str | None = reply.headers.get("access-control-allow-origin")
        return allowed


def _attributes(given: Mapping[str, str]) -> list[dict[str, object]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in given.items()]
