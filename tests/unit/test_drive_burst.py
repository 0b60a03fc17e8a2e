"""The failed requests of alerts' loads: which they are, what is read of them, what is lacking."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from smokestack.alerting import AlertSeen, Notification
from smokestack.drive.alert_life import Watch, life_of
from smokestack.drive.burst import Burst, bursts
from smokestack.drive.lookout import Look
from smokestack.drive.stimulus import Told
from smokestack.errors import Unreachable
from smokestack.judge.deadlines import Deadlines
from smokestack.results import LoadInfo
from smokestack.samples import LogLine, Series
from smokestack.timings import Timings
from tests.unit.judged import ALERT, SYSTEM, ledger, line, request

DEADLINES = Deadlines(Timings(0.25, 0.25, 0.25, 0.05, 0.01, 0.04, 0.0, 0.25, 2.5, 0.05))
FAILED = [request(n, "/error", status=500) for n in (1, 2)]
LOAD: Any = SimpleNamespace(
    info=LoadInfo("alert-Errors", "burst", 0.0, 1.0, 3, None, 1.0),
    ledger=ledger(*FAILED, request(3)),
)


class Loki:
    """Has the lines of all failed requests, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count(self, query: str, at: float) -> list[Series]:
        """As many as failed."""
        self.asked.append(query)
        return [Series("", {}, float(len(FAILED)), at)]

    def lines(self, selector: str, start: float, end: float) -> list[LogLine]:
        """Their lines."""
        self.asked.append(selector)
        assert start < FAILED[0].sent_at < FAILED[1].ended_at < end
        return [line(one) for one in FAILED]


def burst(ids: set[str]) -> tuple[Burst, Loki]:
    """A burst whose store has these traces."""
    loki = Loki()
    store = SimpleNamespace(ids=lambda *_, limit: ids)
    clients: Any = SimpleNamespace(loki=loki, of_traces=store)
    return Burst(SYSTEM, clients, "run-1", ("alert-Errors",)), loki


def test_bursts_are_the_loads_whose_requests_fail() -> None:
    """An alert that is driven otherwise has none."""
    slow = ALERT.model_copy(
        update={"lived_through": ALERT.driven.model_copy(update={"moves": "latency"})}
    )
    unlived = ALERT.model_copy(update={"lived_through": None})
    assert bursts([slow, ALERT, unlived]) == ("alert-Errors",)


def test_what_failed_is_read_by_its_marks_and_status() -> None:
    """Requests that did not fail, and other loads, are left out."""
    some, loki = burst({one.trace_id for one in FAILED})
    other: Any = SimpleNamespace(info=LoadInfo("steady", "s", 0, 1, 1, None, 1), ledger=LOAD.ledger)
    found = some.failed([LOAD, other], DEADLINES)
    assert (len(found.lines), found.expected_lines, found.traces, found.lacking) == (2, 2, 2, ())
    assert len(loki.asked) == 2
    for query in loki.asked:
        assert "|~ `run\\-1\\-alert\\-Errors\\-`" in query
        assert "| event=`request` | status >= 400" in query


def test_a_trace_that_is_lacking_after_its_time_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for as long as traces are allowed."""
    monkeypatch.setattr("smokestack.judge.deadlines.MARGIN_S", 0.1)
    some, _ = burst({FAILED[0].trace_id})
    assert some.failed([LOAD], DEADLINES).lacking == (FAILED[1].trace_id,)


def test_without_a_failed_request_nothing_is_read() -> None:
    """And nothing is lacking."""
    some, loki = burst(set())
    found = some.failed([], DEADLINES)
    assert (found.lines, found.expected_lines, found.traces) == ((), 0, 0)
    assert len(loki.asked) == 1


def test_a_store_that_cannot_be_asked_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error passes on: not asked is not lacking."""
    monkeypatch.setattr("smokestack.judge.deadlines.MARGIN_S", 0.1)
    some, _ = burst(set())

    def away(*_: object, limit: int) -> set[str]:
        raise Unreachable(f"jaeger: no answer ({limit})")

    monkeypatch.setattr(some.clients.of_traces, "ids", away)
    with pytest.raises(Unreachable, match="jaeger"):
        some.failed([LOAD], DEADLINES)


def seen(state: str, active_at: float | None = None, **more: Any) -> AlertSeen:
    """The alert as a server has it."""
    return AlertSeen("Errors", state, {"service": "front"}, {}, active_at=active_at, **more)


def test_a_life_has_the_servers_own_times() -> None:
    """Of the time that it fired: not of when it was pending for a moment before."""
    note = Notification(
        at=14.5, path="/critical", receiver="critical", status="firing", name="Errors",
        labels={"service": "front"}, annotations={}, group={},
        starts_at="1970-01-01T00:00:13.25Z", fingerprint="f",
    )  # fmt: skip
    watch = Watch(ALERT)
    for look in (
        Look(4.0, (), (seen("active", updated_at=1.0),)),  # of an earlier time
        Look(5.0, (seen("pending", 4.5),)),
        Look(6.0),
        Look(11.0, (seen("pending", 10.75),)),
        Look(13.3, (seen("firing", 10.75),), (seen("active", updated_at=13.26),)),
        Look(15.0, (seen("firing", 10.75),), (seen("active", updated_at=14.9),), (note,)),
    ):
        watch.see(look)
    stimulus: Any = SimpleNamespace(told=lambda *_: Told("share", 0.04, 0.06))
    life = life_of(ALERT, watch, {"hold": 0.0, "drive": 9.0, "ended": 20.0}, stimulus)
    assert (life.active_at, life.fired_at, life.handed_at) == (10.75, 13.25, 13.26)
