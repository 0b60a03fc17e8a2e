"""What is sent to a collector, in OTLP's JSON, and what it answers a browser."""

from __future__ import annotations

import json

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.otlp_sender import Otlp, SentLine, SentSpan

SPAN = SentSpan("ab" * 16, "cd" * 8, "scrubbing", 1000.5, {"a.b": "c"})
ANSWER: dict[str, object] = {"partialSuccess": {}}


def otlp(sent: list[httpx.Request], status: int = 200, **headers: str) -> Otlp:
    """A sender to a collector that keeps what it is sent."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(status, json=ANSWER, headers=headers)

    endpoint = Endpoint("otel-collector", "http://127.0.0.1:1")
    return Otlp(Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(answer)))


def test_a_span_goes_out_in_the_name_of_a_service() -> None:
    """Ids in hex, times in nanoseconds as texts, attributes typed."""
    sent: list[httpx.Request] = []
    otlp(sent).send_span("shop", SPAN)
    (resource,) = json.loads(sent[0].content)["resourceSpans"]
    assert sent[0].url.path == "/v1/traces"
    assert resource["resource"]["attributes"] == [
        {"key": "service.name", "value": {"stringValue": "shop"}}
    ]
    ((span,),) = (scope["spans"] for scope in resource["scopeSpans"])
    assert (span["traceId"], span["spanId"]) == ("ab" * 16, "cd" * 8)
    assert (span["startTimeUnixNano"], span["endTimeUnixNano"]) == (
        "1000500000000",
        "1000501000000",
    )
    assert span["attributes"] == [{"key": "a.b", "value": {"stringValue": "c"}}]


def test_lines_go_out_together() -> None:
    """Each with its time, text and attributes."""
    sent: list[httpx.Request] = []
    otlp(sent).send_lines("shop", [SentLine(1.0, "one", {}), SentLine(2.0, "two", {"x": "y"})])
    (resource,) = json.loads(sent[0].content)["resourceLogs"]
    assert sent[0].url.path == "/v1/logs"
    records = resource["scopeLogs"][0]["logRecords"]
    assert [(r["timeUnixNano"], r["body"]["stringValue"]) for r in records] == [
        ("1000000000", "one"),
        ("2000000000", "two"),
    ]


def test_what_is_refused_is_said() -> None:
    """A collector that takes nothing is no clean store."""
    with pytest.raises(BadResponse, match="status 503"):
        otlp([], 503).send_span("shop", SPAN)


def test_who_may_send_is_in_the_answer() -> None:
    """As a browser asks before it sends."""
    sent: list[httpx.Request] = []
    allowing = otlp(sent, 204, **{"Access-Control-Allow-Origin": "https://ours"})
    assert allowing.preflight("https://ours") == "https://ours"
    assert sent[0].method == "OPTIONS"
    assert sent[0].headers["Origin"] == "https://ours"
    assert otlp([], 204).preflight("https://ours") is None
