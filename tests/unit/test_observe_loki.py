"""Loki's answers, as recorded from 3.7.8; paging is exact, whatever falls on a page's edge."""

from __future__ import annotations

import json

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.loki import Loki
from smokestack.samples import Series

STREAMS = r"""{"status":"success","data":{"resultType":"streams",
"encodingFlags":["categorize-labels"],"result":[{"stream":{"service_name":"app"},"values":[
["1795248143896597000","{\"level\": \"error\", \"run\": \"r9\", \"status\": 500}",
{"structuredMetadata":{"detected_level":"error","service_name":"other",
"trace_id":"64df01deee449947f72d374a96af1a70"}}]]},
{"stream":{"service_name":"app","level":"info"},"values":[
["1795248143896500000","plain text",{}]]}],"stats":{"summary":{"splits":0}}}}"""
VECTOR = """{"status":"success","data":{"resultType":"vector","result":[
{"metric":{"level":"error"},"value":[1795248158.992,"175341"]}],"stats":{}}}"""


def edge_to(handler: httpx.MockTransport) -> Edge:
    """An edge to a faked Loki."""
    return Edge(Endpoint("loki", "http://loki.test"), calls=CallLog(), transport=handler)


def answering(text: str, seen: list[httpx.Request] | None = None) -> Loki:
    """A Loki that always answers the same."""

    def handler(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(200, text=text)

    return Loki(edge_to(httpx.MockTransport(handler)))


def holding(*entries: tuple[int, str, str]) -> Loki:
    """A Loki that holds (nanosecond, stream, text) and answers as the real one pages."""

    def handler(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        since, until = int(params["start"]), int(params["end"])
        wanted = [one for one in sorted(entries) if since <= one[0] < until][: int(params["limit"])]
        streams = [
            {
                "stream": {"app": name},
                "values": [[str(t), x, {}] for t, s, x in wanted if s == name],
            }
            for name in {stream for _, stream, _ in wanted}
        ]
        return httpx.Response(200, json={"data": {"resultType": "streams", "result": streams}})

    return Loki(edge_to(httpx.MockTransport(handler)))


def texts(loki: Loki, page: int) -> list[str]:
    """All lines of the first second, read page by page."""
    return [line.text for line in loki.lines("{}", 0, 1, page=page)]


def test_lines_have_exact_times_labels_and_parsed_bodies() -> None:
    """Streams are merged by time; what is no JSON object has no fields."""
    first, second = answering(STREAMS).lines('{service_name="app"}', 0, 1)
    assert (first.text, first.fields) == ("plain text", {})
    assert second.at == pytest.approx(1795248143.896597, abs=1e-6)
    assert second.fields == {"level": "error", "run": "r9", "status": 500}


def test_structured_metadata_joins_the_labels_and_never_hides_one() -> None:
    """A key that is a stream label as well is kept as Loki itself would name it."""
    line = answering(STREAMS).lines("{}", 0, 1)[1]
    assert line.labels == {
        "service_name": "app",
        "service_name_extracted": "other",
        "detected_level": "error",
        "trace_id": "64df01deee449947f72d374a96af1a70",
    }


def test_metadata_is_asked_for_apart_and_lines_oldest_first() -> None:
    """Times go out as whole nanoseconds."""
    seen: list[httpx.Request] = []
    answering(STREAMS, seen).lines("{}", 1795248143.5, 1795248144)
    assert seen[0].headers["x-loki-response-encoding-flags"] == "categorize-labels"
    assert dict(seen[0].url.params) == {
        "query": "{}",
        "start": "1795248143500000000",
        "end": "1795248144000000000",
        "limit": "2000",
        "direction": "forward",
    }


def test_one_page_takes_one_query() -> None:
    """Nothing is asked twice where everything fits."""
    loki = holding((1, "a", "x"), (2, "a", "y"))
    assert texts(loki, page=3) == ["x", "y"]
    assert loki.edge.queries == 1


@pytest.mark.parametrize("page", [2, 3, 4, 7, 10, 50])
def test_every_line_is_read_once_whatever_the_page(page: int) -> None:
    """Pages overlap by the last nanosecond only; queries stay about N / page."""
    loki = holding(*((number, "a", f"line {number}") for number in range(50)))
    assert texts(loki, page=page) == [f"line {number}" for number in range(50)]
    assert loki.edge.queries <= 50 // (page - 1) + 1


def test_lines_of_one_nanosecond_at_a_page_edge_are_all_read() -> None:
    """Three lines share the nanosecond at which the first page ends."""
    loki = holding((1, "a", "x"), (2, "a", "p"), (2, "b", "p"), (2, "b", "q"), (3, "a", "z"))
    assert sorted(texts(loki, page=4)) == ["p", "p", "q", "x", "z"]
    assert sorted(texts(loki, page=5)) == ["p", "p", "q", "x", "z"]


def test_equal_lines_at_a_page_edge_keep_their_number() -> None:
    """Identity is a multiset: as many are skipped as were seen, not all that look alike."""
    loki = holding((1, "a", "x"), (2, "a", "p"), (2, "a", "p"), (2, "a", "p"), (3, "a", "z"))
    assert texts(loki, page=4) == ["x", "p", "p", "p", "z"]


def test_more_lines_in_one_nanosecond_than_a_page_are_refused() -> None:
    """Loki cannot page within a nanosecond: the check is unmeasured rather than wrong."""
    loki = holding((1, "a", "1"), (1, "a", "2"), (1, "a", "3"))
    with pytest.raises(BadResponse, match=r"2 lines or more of \{\} share the nanosecond 1"):
        texts(loki, page=2)


def test_counting_is_one_query_however_many_lines() -> None:
    """The figure comes from Loki."""
    seen: list[httpx.Request] = []
    loki = answering(VECTOR, seen)
    query = "sum by (level) (count_over_time({app=~`.+`}[5m]))"
    assert loki.count(query, 1.5) == [Series("", {"level": "error"}, 175341.0, 1795248158.992)]
    assert dict(seen[0].url.params) == {"query": query, "time": "1500000000"}
    assert loki.edge.queries == 1


def test_lines_asked_for_with_a_metric_query_are_refused() -> None:
    """A vector has no lines, and is no empty answer."""
    with pytest.raises(BadResponse, match="lines were asked for, 'vector' came"):
        answering(VECTOR).lines("count_over_time({}[1m])", 0, 1)


def test_labels_of_an_empty_loki_are_an_empty_list() -> None:
    """Loki leaves `data` out when it has none."""
    assert answering('{"status":"success"}').label_names(0, 1) == []
    listed = json.dumps({"status": "success", "data": ["app"]})
    assert answering(listed).label_values("service_name", 0, 1) == ["app"]


def test_version_and_ready() -> None:
    """A Loki that still joins its ring answers 503."""
    assert answering('{"version":"3.7.8"}').version() == "3.7.8"
    starting = httpx.MockTransport(lambda request: httpx.Response(503, text="Ingester not ready"))
    assert not Loki(edge_to(starting)).ready()


def test_the_latest_lines_are_asked_for_backwards_and_come_oldest_first() -> None:
    """One query, however many lines there are."""
    seen: list[httpx.Request] = []
    found = answering(STREAMS, seen).latest('{service_name="app"}', 0, 1, 7)
    assert [line.text[:5] for line in found] == ["plain", '{"lev']
    (asked,) = seen
    assert (asked.url.params["direction"], asked.url.params["limit"]) == ("backward", "7")
