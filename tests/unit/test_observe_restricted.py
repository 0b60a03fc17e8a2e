"""A stack that somebody else runs: what is not a question is not sent, and little is asked."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from smokestack.endpoints import Endpoint, Limits
from smokestack.errors import BadResponse, NoAccess, NotPermitted, Unreachable
from smokestack.observe.calls import CallLog
from smokestack.observe.edge import Edge
from smokestack.observe.read_only import listed, permitted
from smokestack.observe.restricted import Throttle

FAST = Limits(rate=1000.0)


class Server:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, *replies: httpx.Response) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One question."""
        self.asked.append(f"{request.method} {request.url.path}")
        if len(self.replies) > 1:
            return self.replies.pop(0)
        return self.replies[0] if self.replies else httpx.Response(200, json={})


def edge_to(
    server: Callable[[httpx.Request], httpx.Response],
    role: str = "prometheus",
    base: str = "",
    limits: Limits = FAST,
    headers: dict[str, str] | None = None,
) -> Edge:
    """An edge to a server that somebody else runs."""
    endpoint = Endpoint(role, f"https://staging.test{base}", headers or {}, limits=limits)
    return Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(server))


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("prometheus", "POST", "/-/reload"),
        ("prometheus", "POST", "/api/v1/admin/tsdb/snapshot"),
        ("prometheus", "PUT", "/api/v1/query"),
        ("prometheus", "GET", "/api/v1/query/../admin"),
        ("prometheus", "GET", "/loki/api/v1/query"),
        ("alertmanager", "POST", "/api/v2/alerts"),
        ("alertmanager", "POST", "/api/v2/silences"),
        ("alertmanager", "DELETE", "/api/v2/silence/a"),
        ("loki", "POST", "/loki/api/v1/push"),
        ("loki", "GET", "/loki/api/v1/tail"),
        ("grafana", "POST", "/api/annotations"),
        ("grafana", "GET", "/api/datasources/proxy/uid/p/api/v1/admin/tsdb/snapshot"),
        ("grafana", "POST", "/api/datasources/proxy/uid/p/api/v1/query"),
        ("gateway", "GET", "/api/v1/orders"),
        ("gateway", "PATCH", "/-/faults"),
        ("otlp", "POST", "/v1/traces"),
    ],
)
def test_what_is_no_question_is_not_sent(role: str, method: str, path: str) -> None:
    """Refused before a byte goes out, whatever asks."""
    server = Server()
    edge = edge_to(server, role)
    with pytest.raises(NotPermitted, match="nothing was sent"):
        edge.send(method, path)
    assert server.asked == []


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("prometheus", "GET", "/api/v1/query"),
        ("prometheus", "POST", "/api/v1/query"),
        ("prometheus", "GET", "/api/v1/label/job/values"),
        ("loki", "GET", "/loki/api/v1/query_range"),
        ("tempo", "GET", "/api/v2/traces/0af7651916cd43dd8448eb211c80319c"),
        ("grafana", "GET", "/api/datasources/proxy/uid/loki/loki/api/v1/query"),
        ("grafana", "POST", "/api/ds/query"),
        ("gateway", "GET", "/metrics"),
    ],
)
def test_questions_are_sent(role: str, method: str, path: str) -> None:
    """Also below the prefix that a gateway has for a server."""
    server = Server()
    edge_to(server, role, "/prefix").send(method, path)
    assert server.asked == [f"{method} /prefix{path}"]


def test_nothing_on_the_list_writes() -> None:
    """Each entry is a GET, but for the questions that are posted."""
    posted = {(role, path) for role, method, path in listed() if method != "GET"}
    assert {role for role, _ in posted} == {"prometheus", "grafana"}
    assert all(path.rpartition("/")[2].startswith(("query", "series", "label"))
               for _, path in posted)  # fmt: skip
    assert not permitted("prometheus", "GET", "/api/v1/admin/tsdb/snapshot")


@pytest.mark.parametrize(
    "params",
    [
        {"query": "up", "start": 1_000_000, "end": 1_030_000, "step": 60},
        {"query": "{a='b'}", "start": "1700000000000000000", "end": "1700030000000000000"},
        {"query": "sum(rate(x[1d]))"},
        {"query": "max_over_time(x[12h:1m])"},
        {"query": "up", "limit": 100_000},
    ],
)
def test_a_question_that_asks_for_too_much_is_not_sent(params: dict[str, str | int]) -> None:
    """Too far back, by its times, its range or its subquery; or too many rows."""
    server = Server()
    with pytest.raises(NotPermitted, match="are allowed; nothing was sent"):
        edge_to(server, "loki").send("GET", "/loki/api/v1/query_range", params)
    assert server.asked == []


def test_a_form_is_read_as_well() -> None:
    """A question that is posted has its range in its body."""
    with pytest.raises(NotPermitted, match="86400 s, and 21600"):
        edge_to(Server()).post_form("/api/v1/query", {"query": "x[1d]"})


def test_a_range_within_the_limit_is_asked() -> None:
    """A bracket in a string is no range."""
    asked = {"query": 'rate(x{a=~"[9d]+"}[5m])', "start": "1", "end": "20000", "step": "60"}
    edge_to(Server()).send("GET", "/api/v1/query_range", asked)


def test_the_rate_holds_for_all_edges_and_for_what_is_sent_again() -> None:
    """No storm: 1 question and 2 repetitions at 20 a second take 0.1 s at least."""
    late = httpx.Response(429, headers={"retry-after": "0"})
    server = Server(late, late, httpx.Response(200, json={}))
    started = time.monotonic()
    assert edge_to(server, limits=Limits(rate=20.0)).get_json("/api/v1/rules") == {}
    assert len(server.asked) == 3
    assert time.monotonic() - started >= 0.095


def test_all_that_was_sent_is_listed() -> None:
    """Each repetition counts; what was refused here was not sent, and does not."""
    late = httpx.Response(429, headers={"retry-after": "0"})
    server = Server(late, late, httpx.Response(200, json={}))
    edge = edge_to(server)
    edge.send("GET", "/api/v1/label/job/values", shown="/api/v1/label/{name}/values")
    with pytest.raises(NotPermitted):
        edge.send("POST", "/-/reload")
    assert [(one["path"], one["status"], one["count"]) for one in edge.calls.entries()] == [
        ("/api/v1/label/{name}/values", 200, 1),
        ("/api/v1/label/{name}/values", 429, 2),
    ]
    assert edge.queries == len(server.asked) == 3


NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
A_SECOND_LATER = "Sun, 22 Nov 2026 12:00:01 GMT"
AN_HOUR_LATER = "Sun, 22 Nov 2026 13:00:00 GMT"


@pytest.mark.parametrize(
    ("until", "by", "asked", "least_s"),
    [
        (A_SECOND_LATER, NOON, 2, 0.95),
        (NOON, A_SECOND_LATER, 2, 0.0),
        (AN_HOUR_LATER, NOON, 1, 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None, 2, 0.0),
        ("soon", NOON, 1, 0.0),
        ("-1", NOON, 1, 0.0),
    ],
)
def test_a_server_may_put_off_until_a_date(
    until: str, by: str | None, asked: int, least_s: float
) -> None:
    """By its own clock where it tells it, which may be off ours (RFC 9110, section 10.2.3)."""
    headers = {"retry-after": until} | ({"date": by} if by else {})
    server = Server(httpx.Response(429, headers=headers), httpx.Response(200, json={}))
    started = time.monotonic()
    edge_to(server).send("GET", "/api/v1/rules")
    assert len(server.asked) == asked
    assert time.monotonic() - started >= least_s


def test_there_is_no_storm_whoever_asks_again() -> None:
    """Eight threads that go on asking a server which puts each off: the rate holds for all that
    comes in, repetitions included.
    """
    came: list[float] = []

    def busy(request: httpx.Request) -> httpx.Response:
        came.append(time.monotonic())
        return httpx.Response(429, headers={"retry-after": "0"})

    limits = Limits(rate=50.0)
    throttle = Throttle(limits.rate)
    edges = [
        Edge(Endpoint(role, "https://staging.test", limits=limits), calls=CallLog(),
             transport=httpx.MockTransport(busy), throttle=throttle)
        for role in ("prometheus", "loki")
    ]  # fmt: skip
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(edges[n % 2].send, "GET", "/metrics") for n in range(8)]
    assert {one.result().status_code for one in done} == {429}
    assert len(came) == 8 * 3
    assert time.monotonic() - started >= (len(came) - 1) / limits.rate - 0.01


def test_a_server_that_goes_on_putting_off_is_believed() -> None:
    """Three times, no more; the message says what to lower."""
    server = Server(httpx.Response(429, headers={"retry-after": "0"}))
    with pytest.raises(BadResponse, match=r"429.*\n.*limits\.rate"):
        edge_to(server).get_json("/api/v1/rules")
    assert len(server.asked) == 3


def test_a_server_that_asks_for_much_patience_is_left_alone() -> None:
    """An hour is not waited for."""
    server = Server(httpx.Response(429, headers={"retry-after": "3600"}))
    with pytest.raises(BadResponse):
        edge_to(server).get_json("/api/v1/rules")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("to", "said"),
    [("https://login.test/?next=x", "elsewhere"), ("/login", "to another path")],
)
def test_no_redirect_is_followed(to: str, said: str) -> None:
    """Neither to another host nor to a login; the address is shown without its query."""
    server = Server(httpx.Response(302, headers={"location": to}))
    edge = edge_to(server)
    with pytest.raises(BadResponse, match=f"302, which leads {said}") as caught:
        edge.get_json("/api/v1/rules")
    assert len(server.asked) == 1
    (call,) = edge.calls.entries()
    assert (call["status"], call["count"]) == (302, 1)
    assert "next=" not in caught.value.message


def test_a_huge_answer_is_broken_off() -> None:
    """It is read as far as was agreed on."""
    server = Server(httpx.Response(200, content=iter([b"x" * 900] * 5)))
    with pytest.raises(BadResponse, match="more than 1000 bytes"):
        edge_to(server, limits=Limits(rate=100.0, body=1000)).get_json("/api/v1/rules")


def test_a_small_answer_that_unpacks_to_a_huge_one_is_broken_off() -> None:
    """What counts is what it takes here."""
    packed = gzip.compress(b"x" * 1_000_000)
    server = Server(httpx.Response(200, headers={"content-encoding": "gzip"}, content=packed))
    assert len(packed) < 10_000
    with pytest.raises(BadResponse, match="more than 10000 bytes"):
        edge_to(server, limits=Limits(rate=100.0, body=10_000)).get_json("/api/v1/rules")


def test_a_packed_answer_is_read() -> None:
    """As servers send it where it is longer."""
    packed = gzip.compress(b'{"status": "success"}')
    server = Server(httpx.Response(200, headers={"content-encoding": "gzip"}, content=packed))
    assert edge_to(server).get_json("/api/v1/rules") == {"status": "success"}


def test_an_answer_that_breaks_off_is_unreachable() -> None:
    """A connection that was lost in the middle of a body."""

    def breaking(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("peer closed connection without sending complete body")

    with pytest.raises(Unreachable, match=r"the answer broke off \(peer closed connection"):
        edge_to(breaking).get_json("/api/v1/rules")


@pytest.mark.parametrize(("status", "said"), [(401, "token or password"), (403, "right to read")])
def test_no_access_says_what_to_do(status: int, said: str) -> None:
    """Never missed: an error of observation, with what to do next."""
    with pytest.raises(NoAccess, match=said):
        edge_to(Server(httpx.Response(status, text="no"))).get_json("/api/v1/rules")


def test_a_page_where_json_was_expected_is_named() -> None:
    """A login page has status 200."""
    page = httpx.Response(200, html="<html>Please log in</html>")
    with pytest.raises(BadResponse, match="a page for people"):
        edge_to(Server(page)).get_json("/api/v1/rules")


def test_a_secret_that_a_server_echoes_is_blanked() -> None:
    """Neither the header nor the token alone stands in the message."""
    echo = httpx.Response(500, text="bad request: Bearer s3cr3t-t0ken and s3cr3t-t0ken")
    with pytest.raises(BadResponse) as caught:
        edge_to(Server(echo), headers={"Authorization": "Bearer s3cr3t-t0ken"}).get_json("/metrics")
    assert "s3cr3t" not in str(caught.value)


def test_what_a_server_says_of_itself_is_asked_once_data_each_time() -> None:
    """A failure is no answer to share; of a stack of our own nothing is shared."""
    server = Server(httpx.Response(503), httpx.Response(200, json={}))
    edge = edge_to(server)
    with pytest.raises(BadResponse):
        edge.get_json("/api/v1/rules")
    for _ in range(3):
        edge.get_json("/api/v1/rules")
        edge.get_json("/api/v1/rules", {"type": "alert"})
        edge.get_json("/api/v1/query", {"query": "up"})
    assert server.asked.count("GET /api/v1/rules") == 3
    assert server.asked.count("GET /api/v1/query") == 3
    assert edge.queries == len(server.asked)
    own = Server()
    ours = Edge(Endpoint("prometheus", "http://p"), calls=CallLog(),
                transport=httpx.MockTransport(own))  # fmt: skip
    for _ in range(2):
        ours.get_json("/api/v1/rules")
    assert len(own.asked) == 2
