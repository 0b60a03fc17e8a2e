"""Until when a push is waited for, and what is asked of Prometheus then."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import httpx

from smokestack.clients import Clients
from smokestack.drive.arrivals import Sent
from smokestack.drive.pushes import push_selector, pushed
from smokestack.endpoints import Endpoint
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.prometheus import Prometheus
from smokestack.samples import Ledger
from smokestack.system.signals import Push
from smokestack.timings import Timings
from tests.unit.judged import SYSTEM, request

PUSH = {"service": "front", "job": "team/front", "interval": "15s", "heartbeat": "uptime",
        "families": ["pool"]}  # fmt: skip
OURS = SYSTEM.model_copy(update={"push": Push.model_validate(PUSH)})
DEADLINES = Deadlines(Timings(0.25, 0.25, 0.25, 0.05, 0.01, 0.04, 0.0, 0.25, 2.5, 0.05))


class Server:
    """A Prometheus that is pushed a heartbeat anew with every second question."""

    def __init__(self) -> None:
        self.began = time.time()
        self.asked: list[str] = []

    def answer(self, question: httpx.Request) -> httpx.Response:
        """The heartbeat before the load, and one after it once it was asked twice."""
        query = question.url.params["query"]
        self.asked.append(query)
        late = [[self.began + 1, "3"]] if len(self.asked) > 2 else []
        metric = {"__name__": "uptime", "job": "team/front", "instance": "one"}
        values = [[self.began - 100, "2"], *late]
        series: list[Any] = (
            [] if query.startswith("up{") else [{"metric": metric, "values": values}]
        )
        data = {"resultType": "matrix", "result": series}
        return httpx.Response(200, json={"status": "success", "data": data})


def test_it_waits_for_a_push_after_the_last_response() -> None:
    """Then all that was pushed is read in one query, and whether the job is scraped in another."""
    server = Server()
    one = request(1)
    sent_at = server.began - 1
    now = type(one)(**{**{n: getattr(one, n) for n in one.__slots__}, "sent_at": sent_at})
    endpoint = Endpoint("prometheus", "http://127.0.0.1:1")
    edge = Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(server.answer))
    clients = cast("Clients", SimpleNamespace(prometheus=Prometheus(edge)))
    seen, waited = pushed(OURS, clients, Sent("run", ("load",), Ledger((now,))), DEADLINES, 60)
    assert waited.met
    assert (seen.interval_s, seen.scraped) == (0.25, 0)
    assert [round(s.at - server.began) for s in seen.samples] == [-100, 1]
    heartbeats = [query for query in server.asked if query.startswith("uptime{")]
    assert len(heartbeats) == 3
    assert server.asked[3].startswith(push_selector(OURS))
    assert server.asked[4].startswith('up{job="team/front"}')
    assert len(server.asked) == 5


def test_one_query_names_every_series() -> None:
    """Counters, the histogram's count, the heartbeat, and each family, whatever its type."""
    assert push_selector(OURS) == (
        '{__name__=~"duration_seconds_count|pool|pool_count|requests_total|uptime",job="team/front"}'
    )
