"""Looks while traffic runs, health endpoints one request after another, histograms of servers."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from smokestack.drive import health, ingest, looks
from smokestack.drive.looks import Looks
from smokestack.endpoints import Endpoint
from smokestack.errors import Unreachable
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.exposition import parsed
from smokestack.samples import Series
from smokestack.system import HealthEndpoint
from smokestack.wait import until
from tests.unit.judged import SYSTEM

PING = HealthEndpoint.model_validate({"route": "/ping", "within": "10s"})


def edge(name: str, answer: Any) -> Edge:
    """An edge to a server that answers so."""
    transport = httpx.MockTransport(answer)
    return Edge(Endpoint(name, f"http://{name}"), calls=CallLog(), transport=transport)


def test_looks_go_on_while_the_block_runs_and_stop_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that fails shows nothing; a later wait goes on with the same."""
    monkeypatch.setattr(looks, "EVERY_S", 0.001)
    monkeypatch.setattr(looks, "MOST", 10**6)
    answers: Iterator[float | None] = iter([1.0, None, 3.0])

    def ask() -> float:
        seen = next(answers, 4.0)
        if seen is None:
            raise Unreachable("loki: no answer")
        return seen

    some = Looks(ask)
    with some.going_on():
        assert until(lambda: len(some.sightings) >= 3, within_s=5).met
    many = len(some.sightings)
    assert [one.seen for one in some.sightings[:3]] == [1.0, 3.0, 4.0]
    some.look()
    assert len(some.sightings) == many + 1


@pytest.mark.parametrize("heavy", [True, False])
def test_looks_that_were_cut_short_time_nothing_any_more(
    *, heavy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came in a gap would seem late."""
    monkeypatch.setattr(looks, "EVERY_S", 0.001)
    monkeypatch.setattr(looks, "MOST", 3)
    some = Looks(lambda: looks.HEAVY + 1, heavy)
    with some.going_on():
        assert until(lambda: some.cut, within_s=5).met
    assert len(some.sightings) == (1 if heavy else 3)
    some.look()
    assert len(some.sightings) == (1 if heavy else 3)


def test_health_endpoints_are_asked_a_bounded_number_of_times() -> None:
    """Each with an id of its own, and the control beside it; an answer in time needs one round."""
    asked: list[str] = []

    def answer(sent: httpx.Request) -> httpx.Response:
        asked.append(sent.headers["X-Id"])
        return httpx.Response(200, json={"id": sent.headers["X-Id"]})

    control = edge("prometheus", lambda _: httpx.Response(200))
    (seen,) = health.ask_all([PING], edge("app", answer), control, "X-Id", "run-health")
    assert len(seen.rounds) == 1
    assert len(asked) == len(set(asked)) == health.WARM_UP + health.REQUESTS
    assert all(one.body == {"id": one.correlation_id} for one in seen.answers)
    assert control.queries == health.WARM_UP + health.REQUESTS


@pytest.mark.parametrize(("quick_s", "rounds"), [(10.0, 2), (0.0, health.ROUNDS)])
def test_a_late_endpoint_is_asked_until_it_is_sure_or_often_enough(
    quick_s: float, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More rounds where the machine is busy. An answer that is no JSON is none."""
    monkeypatch.setattr("smokestack.judge.health.QUICK_S", quick_s)
    never = PING.model_copy(update={"within": 1e-9})
    some = edge("app", lambda _: httpx.Response(503, text="no"))
    (seen,) = health.ask_all([never], some, some, None, "run")
    assert [len(one.answers) for one in seen.rounds] == [health.FEWEST] * rounds
    assert {(one.status, one.body) for one in seen.answers} == {(503, None)}


LOKI = """
loki_request_duration_seconds_bucket{route="otlp_v1_logs",le="0.005"} 3
loki_request_duration_seconds_bucket{route="otlp_v1_logs",le="+Inf"} 4
loki_request_duration_seconds_bucket{route="ready",le="0.005"} 90
loki_request_duration_seconds_bucket{route="ready",le="+Inf"} 90
"""


def test_histograms_are_summed_over_the_routes_by_which_lines_come() -> None:
    """Others are left out; a server that cannot be asked tells nothing."""
    loki = edge("loki", lambda _: httpx.Response(200, text=LOKI))
    clients: Any = SimpleNamespace(of_loki=SimpleNamespace(edge=loki))
    told = ingest.of_loki(clients)
    assert told is not None
    assert told.bounds == ((0.005, 3.0), (float("inf"), 4.0))
    clients.of_loki.edge = edge("loki", lambda _: httpx.Response(500))
    assert ingest.of_loki(clients) is None
    clients.of_loki = None
    assert ingest.of_loki(clients) is None
    assert parsed(LOKI).names() == {"loki_request_duration_seconds_bucket"}


def test_each_trace_store_has_steps_of_its_own() -> None:
    """Jaeger's queue and storage; Tempo's pushes."""
    text = 'jaeger_collector_save_latency_bucket{le="+Inf"} 2\n'
    metrics = edge("metrics", lambda _: httpx.Response(200, text=text))
    for name, steps in (("jaeger", [0, 2]), ("tempo", [0])):
        clients: Any = SimpleNamespace(of_traces=SimpleNamespace(name=name), trace_metrics=metrics)
        told = ingest.of_traces(clients).values()
        assert [one.events if one else 0 for one in told] == steps


def test_looks_at_a_load_go_on_in_the_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One query each: lines are counted, traces once a load; what was seen is kept."""
    monkeypatch.setattr(looks, "EVERY_S", 0.001)
    monkeypatch.setattr(looks, "MOST", 10**6)
    asked: list[str] = []
    searched: list[str] = []

    def count(query: str, at: float) -> list[Series]:
        asked.append(query)
        return [Series("", {}, 7.0, at)]

    def search(_: str, mark: str, *__: float) -> int:
        searched.append(mark)
        return len(mark)

    store = SimpleNamespace(counts_by_query=True, count=search)
    loki = SimpleNamespace(count=count)
    clients: Any = SimpleNamespace(loki=loki, of_loki=loki, traces=store, of_traces=store)
    some = looks.LoadLooks(SYSTEM, clients)
    with some.going_on("run", ("smoke", "steady")):
        assert until(lambda: min(len(asked), len(searched) // 2) > 1, within_s=5).met
    lines, traces = some.go_on("logs", lambda: 9.0), some.go_on("traces", lambda: 9.0)
    lines.look()
    assert [lines.sightings[0].seen, lines.sightings[-1].seen] == [7.0, 9.0]
    assert {one.seen for one in traces.sightings} == {float(len("run-smoke") + len("run-steady"))}
    assert "|~ `run\\-smoke\\-|run\\-steady\\-`" in asked[0]
    assert some.go_on("logs", lambda: 9.0).sightings == []
