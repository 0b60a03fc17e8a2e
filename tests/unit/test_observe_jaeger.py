"""Jaeger's answers, as recorded from 1.62, become traces."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.jaeger import Jaeger

TRACE_ID = "511897528e207877541c6c47d9ccd5f6"
RECORDED = f"""{{"data":[{{"traceID":"{TRACE_ID}","spans":[
{{"traceID":"{TRACE_ID}","spanID":"9311d9f6de13d917","operationName":"GET /work","references":[
{{"refType":"CHILD_OF","traceID":"{TRACE_ID}","spanID":"003585e2011944b2"}}],
"startTime":1795247807701735,"duration":15000,"tags":[
{{"key":"http.route","type":"string","value":"/work"}},
{{"key":"internal.span.format","type":"string","value":"otlp"}},
{{"key":"span.kind","type":"string","value":"server"}}],"logs":[],"processID":"p1",
"warnings":null}},
{{"traceID":"{TRACE_ID}","spanID":"9c594869bb2f3013","operationName":"GET /api/work","references":[
{{"refType":"CHILD_OF","traceID":"{TRACE_ID}","spanID":"294a58e19168099e"}}],
"startTime":1795247807699735,"duration":20000,"tags":[
{{"key":"error","type":"bool","value":true}},
{{"key":"http.response.status_code","type":"int64","value":500}},
{{"key":"otel.status_code","type":"string","value":"ERROR"}},
{{"key":"smokestack.run","type":"string","value":"j1"}},
{{"key":"span.kind","type":"string","value":"server"}}],"logs":[],"processID":"p2",
"warnings":["invalid parent span IDs=294a58e19168099e; skipping clock skew adjustment"]}}],
"processes":{{"p1":{{"serviceName":"backend","tags":[]}},
"p2":{{"serviceName":"gateway","tags":[{{"key":"host.name","type":"string","value":"vm"}}]}}}},
"warnings":null}}],"total":0,"limit":0,"offset":0,"errors":null}}"""
NOT_FOUND = """{"data":null,"total":0,"limit":0,"offset":0,
"errors":[{"code":404,"msg":"trace not found"}]}"""
BUILD_INFO = """# TYPE jaeger_build_info gauge
jaeger_build_info{build_date="",revision="",version="1.62.0"} 1
"""


def jaeger(text: str, status: int = 200, seen: list[httpx.Request] | None = None) -> Jaeger:
    """A Jaeger that always answers the same."""

    def handler(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, text=text)

    transport = httpx.MockTransport(handler)
    edge = Edge(Endpoint("jaeger", "http://jaeger.test"), calls=CallLog(), transport=transport)
    return Jaeger(edge, service="gateway")


def recorded(**changes: Any) -> str:
    """The recorded answer with its trace changed."""
    answer = json.loads(RECORDED)
    answer["data"][0].update(changes)
    return json.dumps(answer)


def test_a_trace_has_spans_with_services_kinds_and_parents() -> None:
    """Process tags become the resource, microseconds become seconds."""
    (trace,) = jaeger(RECORDED).find("smokestack.run", "j1", 0, 1, limit=5)
    child, entry = trace.spans
    assert trace.trace_id == TRACE_ID
    assert trace.services == {"gateway", "backend"}
    assert (child.parent_id, child.kind, child.error) == ("003585e2011944b2", "server", False)
    assert (entry.started_at, entry.duration_s) == (1795247807.699735, 0.02)
    assert entry.resource == {"service.name": "gateway", "host.name": "vm"}


def test_errors_and_attributes_keep_their_types() -> None:
    """A status code stays a number; the kind is no attribute any more."""
    entry = jaeger(RECORDED).find("smokestack.run", "j1", 0, 1, limit=5)[0].spans[1]
    assert entry.error
    assert entry.attributes["http.response.status_code"] == 500
    assert "span.kind" not in entry.attributes


def test_a_search_names_service_tags_and_microseconds() -> None:
    """One query returns whole traces."""
    seen: list[httpx.Request] = []
    client = jaeger(RECORDED, seen=seen)
    client.find("smokestack.run", "j1", 1795247800.5, 1795247900, limit=7)
    assert dict(seen[0].url.params) == {
        "service": "gateway",
        "tags": '{"smokestack.run": "j1"}',
        "start": "1795247800500000",
        "end": "1795247900000000",
        "limit": "7",
    }
    assert client.edge.queries == 1


def test_pages_are_stretches_of_time_without_a_gap() -> None:
    """Each begins where the one before ended; cuts that lie outside make none."""
    seen: list[httpx.Request] = []
    pages = jaeger(RECORDED, seen=seen).pages("a", "b", 10, 20, limit=7, cuts=(15.5, 12, 9, 20, 30))
    assert not seen  # nothing is asked before it is wanted
    assert [len(page) for page in pages] == [1, 1, 1]
    stretches = [(one.url.params["start"], one.url.params["end"]) for one in seen]
    assert stretches == [
        ("10000000", "12000000"), ("12000000", "15500000"), ("15500000", "20000000"),
    ]  # fmt: skip


def test_counting_reads_the_traces() -> None:
    """Jaeger has no query for a number, and says so."""
    client = jaeger(RECORDED)
    assert client.count("smokestack.run", "j1", 0, 1) == 1
    assert client.ids("smokestack.run", "j1", 0, 1, limit=5) == {TRACE_ID}
    assert not client.counts_by_query


def test_nothing_found_is_no_trace() -> None:
    """Jaeger answers null or an empty list."""
    assert jaeger('{"data":[]}').find("a", "b", 0, 1, limit=5) == []
    assert jaeger('{"data":null}').count("a", "b", 0, 1) == 0
    assert jaeger(NOT_FOUND, 404).by_id(TRACE_ID) is None


def test_by_id_keeps_the_id_out_of_the_call_log() -> None:
    """The report counts calls by path, not by trace."""
    client = jaeger(RECORDED)
    trace = client.by_id(TRACE_ID)
    assert trace is not None
    assert len(trace.spans) == 2
    assert [entry["path"] for entry in client.edge.calls.entries()] == ["/api/traces/{id}"]


def test_ids_without_their_leading_zeros_are_filled_up() -> None:
    """Jaeger drops an upper half of zeros."""
    (trace,) = jaeger(recorded(traceID="541c6c47d9ccd5f6")).find("a", "b", 0, 1, limit=1)
    assert trace.trace_id == "0000000000000000541c6c47d9ccd5f6"


def test_a_server_error_is_no_missing_trace() -> None:
    """Only 404 means that it is not there."""
    with pytest.raises(BadResponse, match="status 500"):
        jaeger("out of memory", 500).by_id(TRACE_ID)


def test_the_version_is_read_from_the_admin_port() -> None:
    """Without an admin port it is unknown."""
    client = jaeger(BUILD_INFO)
    assert client.version() == ""
    client.admin = client.edge
    assert client.version() == "1.62.0"


def test_a_few_traces_are_asked_for_at_once_and_the_latest_by_service() -> None:
    """One query each; what it does not have is left out."""
    seen: list[httpx.Request] = []
    client = jaeger(RECORDED, seen=seen)
    assert set(client.by_ids([TRACE_ID, "f" * 32])) == {TRACE_ID}
    assert client.by_ids([]) == {}
    assert client.latest_ids(1.0, 2.0, limit=5) == [TRACE_ID]
    assert [dict(one.url.params.multi_items()) for one in seen[1:]] == [
        {"service": "gateway", "start": "1000000", "end": "2000000", "limit": "5"}
    ]
    assert seen[0].url.params.get_list("traceID") == [TRACE_ID, "f" * 32]
