"""What is asked of both windows: at which moments, how much at once, and in which words.

Answers have the shapes of Prometheus 3.15 and Loki 3.7, as recorded for their clients' tests.
"""

from __future__ import annotations

import json
from typing import Any, cast

import httpx
import pytest

from smokestack.clients import Clients
from smokestack.deploys import Windows
from smokestack.drive.deploys import Reader
from smokestack.endpoints import Endpoint
from smokestack.judge.conclude import conclude
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.loki import Loki
from smokestack.observe.prometheus import Prometheus
from smokestack.samples import Series
from tests.unit.judged import SYSTEM

WINDOWS = Windows(start=1000.0, began=1900.0, done=2000.0, end=2310.0)
TARGET = {"job": "front", "instance": "front:1"}


class Servers:
    """Prometheus and Loki, which remember what they were asked."""

    def __init__(self, series: int = 1) -> None:
        self.series = series
        self.asked: list[tuple[str, dict[str, str]]] = []
        edge = Edge(
            Endpoint("servers", "http://servers.test"),
            calls=CallLog(),
            transport=httpx.MockTransport(self.answer),
        )
        both = {"prometheus": Prometheus(edge), "loki": Loki(edge)}
        self.clients = cast("Clients", type("Both", (), both)())

    def answer(self, request: httpx.Request) -> httpx.Response:
        """One counter that grows by one a second, and a target that is up."""
        params = dict(request.url.params)
        self.asked.append((request.url.path, params))
        if request.url.path.startswith("/loki"):
            metric = {"service_name": "front", "lvl": "error", "msg": "order # failed"}
            return self._vector([{"metric": metric, "value": [1.0, "3"]}])
        if not request.url.path.endswith("query_range"):
            return self._vector([{"metric": {}, "value": [1.0, str(self.series)]}])
        start, end = float(params["start"]), float(params["end"])
        step = int(params["step"].removesuffix("ms")) / 1000
        moments = [start + n * step for n in range(int((end - start) / step + 1e-6) + 1)]
        labels = {**TARGET, "service": "front", "method": "GET", "route": "/a", "status": "200"}
        counter = {"__name__": SYSTEM.metrics.requests, **labels}
        result = [
            {"metric": counter, "values": [[at, str(at)] for at in moments]},
            {"metric": {"__name__": "up", **TARGET}, "values": [[at, "1"] for at in moments]},
        ]
        return self._data("matrix", result)

    def _vector(self, result: list[dict[str, Any]]) -> httpx.Response:
        return self._data("vector", result)

    def _data(self, kind: str, result: list[dict[str, Any]]) -> httpx.Response:
        data = {"status": "success", "data": {"resultType": kind, "result": result}}
        return httpx.Response(200, text=json.dumps(data))

    def reader(self) -> Reader:
        """One that asks them."""
        return Reader(SYSTEM, self.clients, WINDOWS, 15.0)


def ranges(servers: Servers) -> list[tuple[float, float, str]]:
    """From, to and step of each question over a range."""
    return [
        (float(params["start"]), float(params["end"]), params["step"])
        for path, params in servers.asked
        if path.endswith("query_range")
    ]


def test_both_windows_are_read_at_even_steps_that_end_with_the_deploy() -> None:
    """A scrape interval apart: the last moment before is the deploy's, the first one after is one
    scrape later, so that nothing of before is counted as after.
    """
    servers = Servers()
    found = servers.reader().requests()
    assert ranges(servers) == [(1000.0, 1900.0, "15000ms"), (2015.0, 2309.994, "15526ms")]
    assert sum(found.before.values()) == pytest.approx(900)
    assert sum(found.after.values()) == pytest.approx(294.994)
    ((labels, _),) = found.after.items()
    assert dict(labels) == {"service": "front", "method": "GET", "route": "/a", "status": "200"}


def test_many_series_are_read_in_fewer_steps() -> None:
    """What one answer brings is bounded."""
    servers = Servers(series=20_000)
    servers.reader().requests()
    before, after = ranges(servers)
    assert before == (1000.0, 1900.0, "90000ms")
    assert after[1] <= WINDOWS.end


def test_requests_are_asked_for_once_and_every_question_becomes_evidence() -> None:
    """Three queries, however many checks want them; each can be asked again."""
    servers = Servers()
    reader = servers.reader()
    assert reader.requests() is reader.requests()
    assert len(servers.asked) == 3
    told = reader.with_queries(conclude("well", ()))
    assert [one.observed for one in told.evidence] == [
        "122 values at 61 moments",
        "40 values at 20 moments",
    ]
    assert all("query_range" in (one.repeat or "") for one in told.evidence)
    assert not reader.with_queries(conclude("well", ())).evidence


def test_a_window_shorter_than_a_scrape_has_nothing() -> None:
    """No question is asked of it."""
    servers = Servers()
    short = Windows(start=1990.0, began=2000.0, done=2000.0, end=2010.0)
    assert not Reader(SYSTEM, servers.clients, short, 15.0).requests().after
    assert len(servers.asked) == 1


def test_lines_are_counted_by_level_and_by_masked_message() -> None:
    """One question of Loki a window, at its end and as long as it is."""
    servers = Servers()
    levels = servers.reader().levels()
    assert levels.after == {(("level", "error"), ("service", "front")): 3.0}
    queries = [(params["query"], params["time"]) for _, params in servers.asked]
    assert "[900000ms]" in queries[0][0]
    assert queries[0][1] == "1900000000000"
    assert "[310000ms]" in queries[1][0]
    servers.asked.clear()
    messages = servers.reader().messages()
    assert messages.before == {(("message", "order # failed"), ("service", "front")): 3.0}
    assert 'lvl=~"(?i)(error|critical|' in servers.asked[0][1]["query"]


def test_of_before_is_what_was_there_for_half_of_it() -> None:
    """Also where no process answered any more in the end; what was there at once is not."""
    servers = Servers()
    brief = Series("jobs", {**TARGET, "id": "7"}, 1.0, 1000.0)
    gone = [Series("depth", TARGET, 1.0, at) for at in (1000.0, 1100.0)]
    up = [Series("up", TARGET, float(at < 1200), at) for at in (1000.0, 1100.0, 1200.0)]
    reader = servers.reader()
    told = iter([[*up, *gone, brief, *gone[:0]], []])
    reader._stepped = lambda *_: next(told)  # type: ignore[method-assign]
    before = reader._families_before()
    assert before.up == {"front": 1}
    assert set(before.series) == {("front", "depth")}


def test_series_are_told_without_what_belongs_to_their_target() -> None:
    """Labels that a target's `up` has too, and those of a single process."""
    of_target = {**TARGET, "environment": "staging"}
    found = [
        Series("up", of_target, 1.0, 1.0),
        Series("depth", {**of_target, "queue": "a", "pod": "front-7f9c"}, 3.0, 1.0),
        Series("starts_total", of_target, 1.0, 1.0),
        Series("scrape_duration_seconds", of_target, 0.1, 1.0),
    ]
    told = Servers().reader()._sorted(found)
    assert told.up == {"front": 1}
    assert told.series == {
        ("front", "depth"): frozenset({(("queue", "a"),)}),
        ("front", "starts_total"): frozenset({()}),
    }
