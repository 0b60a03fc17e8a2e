"""The HTTP edge: errors mapped, calls counted, questions that can be asked again by hand."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from smokestack.endpoints import Endpoint, Tls
from smokestack.errors import BadResponse, ObservationError, Refused, Unreachable, UsageError
from smokestack.observe.edge import CallLog, Edge

Handler = Callable[[httpx.Request], httpx.Response]


def edge_to(
    handler: Handler, *, calls: CallLog | None = None, headers: Mapping[str, str] | None = None
) -> Edge:
    """An edge whose server is `handler`."""
    endpoint = Endpoint("prometheus", "http://prometheus.test:9090", headers or {})
    transport = httpx.MockTransport(handler)
    return Edge(endpoint, calls=calls or CallLog(), timeout_s=2.5, transport=transport)


def failing(error: Exception) -> Handler:
    """A server that cannot be asked."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    return handler


def test_json_is_returned_as_it_came() -> None:
    """The parameters are sent and the answer is parsed."""
    edge = edge_to(lambda request: httpx.Response(200, json=dict(request.url.params)))
    assert edge.get_json("/api", {"query": "up{a='b'}", "limit": 3}) == {
        "query": "up{a='b'}",
        "limit": "3",
    }


def test_a_repeated_parameter_is_sent_once_for_each_value() -> None:
    """`match[]` may be given several times."""
    edge = edge_to(lambda request: httpx.Response(200, json=list(request.url.params.multi_items())))
    assert edge.get_json("/api", {"match[]": ["a", "b"]}) == [["match[]", "a"], ["match[]", "b"]]


def test_the_endpoint_headers_go_along() -> None:
    """A tenant is part of the endpoint, not of the question."""
    edge = edge_to(
        lambda request: httpx.Response(200, json=request.headers["x-scope-orgid"]),
        headers={"X-Scope-OrgID": "crm"},
    )
    assert edge.get_json("/api") == "crm"


def test_a_refused_connection_is_unreachable_and_says_how_to_ask_again() -> None:
    """The message names server, address, cause and time; the hint is a command."""
    edge = edge_to(failing(httpx.ConnectError("[Errno 111] Connection refused")))
    with pytest.raises(Unreachable) as caught:
        edge.get_json("/api/v1/query", {"query": "up"})
    assert caught.value.message == (
        "prometheus: GET http://prometheus.test:9090/api/v1/query: "
        "no connection ([Errno 111] Connection refused) after 0.0 s"
    )
    assert "curl -sG http://prometheus.test:9090/api/v1/query" in str(caught.value)


def test_a_late_answer_is_unreachable() -> None:
    """A time-out is told apart from a refused connection."""
    edge = edge_to(failing(httpx.ReadTimeout("timed out")))
    with pytest.raises(Unreachable, match="no answer after"):
        edge.get_text("/metrics")


def test_a_real_closed_port_is_unreachable() -> None:
    """The mapping holds for the real transport, too."""
    edge = Edge(Endpoint("gone", "http://127.0.0.1:1"), calls=CallLog())
    with pytest.raises(Unreachable, match=r"gone: GET http://127.0.0.1:1/ready: no connection"):
        edge.answers("/ready")
    edge.close()


def test_another_status_is_a_bad_response_that_quotes_the_body() -> None:
    """Prometheus' own words for a broken query are in the message, 200 characters at most."""
    body = '{"status":"error","errorType":"bad_data","error":"parse error"}' + "x" * 500
    edge = edge_to(lambda request: httpx.Response(400, text=body))
    with pytest.raises(BadResponse, match=r"with status 400: .*parse error") as caught:
        edge.get_json("/api/v1/query")
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("body", ['{"status":"error","error":"parse error"}', "parse error\n"])
def test_a_question_that_is_wrong_is_refused_in_the_servers_words(body: str) -> None:
    """In Prometheus' JSON or in plain text; a server that fails refuses nothing."""
    statuses = iter([400, 422])
    edge = edge_to(lambda request: httpx.Response(next(statuses), text=body))
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            edge.get_json("/q")
        assert caught.value.said == "parse error"
    with pytest.raises(BadResponse) as failed:
        edge_to(lambda request: httpx.Response(500, text=body)).get_json("/q")
    assert not isinstance(failed.value, Refused)


def test_what_is_no_json_is_a_bad_response() -> None:
    """A login page in front of a server is not an empty result."""
    edge = edge_to(lambda request: httpx.Response(200, text="<html>login</html>"))
    with pytest.raises(BadResponse, match="not JSON: '<html>login</html>'"):
        edge.get_json("/api")


def test_an_unexpected_shape_is_a_bad_response() -> None:
    """A missing key never escapes as a KeyError."""
    edge = edge_to(lambda request: httpx.Response(200, json={"status": "success"}))
    with pytest.raises(BadResponse, match=r"shape not understood .KeyError: 'data'."):
        edge.read("/api", None, lambda answer: answer["data"])


@pytest.mark.parametrize(("status", "ready"), [(200, True), (204, True), (503, False)])
def test_ready_is_a_2xx(status: int, *, ready: bool) -> None:
    """A server that says 503 is there, but not ready."""
    assert edge_to(lambda request: httpx.Response(status)).answers("/ready") is ready


def test_post_json_reads_an_empty_answer_as_none() -> None:
    """Servers that only acknowledge send no body."""
    assert edge_to(lambda request: httpx.Response(204)).post_json("/api", {"a": 1}) is None
    echo = edge_to(lambda request: httpx.Response(200, content=request.content))
    assert echo.post_json("/api", {"a": 1}) == {"a": 1}


def test_a_post_that_is_refused_is_a_bad_response() -> None:
    """An empty body does not hide the status."""
    with pytest.raises(BadResponse, match="with status 500: an empty body"):
        edge_to(lambda request: httpx.Response(500)).post_json("/api", {})


def test_every_call_is_counted_by_path_and_status() -> None:
    """Ids are kept out of the paths, and calls without an answer have no status."""
    calls = CallLog()
    edge = edge_to(lambda request: httpx.Response(404), calls=calls)
    for number in range(3):
        edge.send("GET", f"/api/traces/{number}", shown="/api/traces/{id}")
    broken = edge_to(failing(httpx.ConnectError("no")), calls=calls)
    with pytest.raises(ObservationError):
        broken.get_json("/api")
    assert [{**entry, "seconds": None} for entry in calls.entries()] == [
        {"server": "prometheus", "method": "GET", "path": path, "status": status, "count": count}
        | {"seconds": None}
        for path, status, count in [("/api", None, 1), ("/api/traces/{id}", 404, 3)]
    ]
    assert edge.queries == 4


def test_one_edge_serves_many_threads() -> None:
    """No call is lost from the count."""
    edge = edge_to(lambda request: httpx.Response(200, json=1))
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: edge.get_json("/api"), range(200))) == 200
    assert edge.queries == 200


def test_the_repeat_command_survives_a_shell() -> None:
    """Quotes in a query do not end the argument early."""
    edge = edge_to(lambda request: httpx.Response(200))
    words = shlex.split(edge.repeat("/api/v1/query", {"query": 'up{a="it\'s"}', "time": 1}))
    assert words == [
        "curl",
        "-sG",
        "http://prometheus.test:9090/api/v1/query",
        "--data-urlencode",
        'query=up{a="it\'s"}',
        "--data-urlencode",
        "time=1",
    ]


def test_the_repeat_command_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value from the environment is shown by its name, any other is blanked."""
    monkeypatch.setenv("STAGING_TOKEN", "s3cret-t0ken")
    headers = {
        "Authorization": "Bearer s3cret-t0ken",
        "X-Api-Key": "unknown-origin",
        "X-Scope-OrgID": "crm",
    }
    command = edge_to(lambda request: httpx.Response(200), headers=headers).repeat("/ready")
    assert "s3cret" not in command
    assert "unknown-origin" not in command
    assert '-H "Authorization: Bearer $STAGING_TOKEN"' in command
    assert '-H "X-Api-Key: ***"' in command
    assert '-H "X-Scope-OrgID: crm"' in command


def test_a_password_in_the_address_is_blanked() -> None:
    """Neither the command nor an error shows it."""
    endpoint = Endpoint("loki", "http://me:s3cret@loki.test")
    transport = httpx.MockTransport(failing(httpx.ConnectError("no")))
    edge = Edge(endpoint, calls=CallLog(), transport=transport)
    with pytest.raises(Unreachable) as caught:
        edge.get_text("/ready")
    assert "s3cret" not in str(caught.value)


def test_the_clock_offset_is_read_from_the_date_header() -> None:
    """A server two minutes ahead is seen to within a second; without the header nothing is."""
    monday = edge_to(
        lambda request: httpx.Response(200, headers={"Date": "Mon, 01 Jan 2024 00:00:00 GMT"})
    )
    offset = monday.clock_offset("/ready")
    assert offset is not None
    assert offset < -3600
    assert edge_to(lambda request: httpx.Response(200)).clock_offset("/ready") is None


def test_a_certificate_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    """Before anything is asked: which file, and what is meant."""
    file = tmp_path / "ca.der"
    file.write_bytes(b"\x30\x82")
    with pytest.raises(UsageError, match=r"ca\.der.*\n.*PEM files are meant"):
        Edge(Endpoint("loki", "https://loki", tls=Tls(ca=file)), calls=CallLog())
