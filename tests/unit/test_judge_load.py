"""Under load: what was reached, who was the limit, and what the hops told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smokestack.judge import load as judge
from smokestack.judge.conclude import late_or_lost
from smokestack.judge.counters import ScrapeWindow
from smokestack.pressure import Effort, Generator, Pressure, Queue, Trouble
from smokestack.results import Cause, CauseKind, Finding, Judgement, LoadInfo, Verdict
from smokestack.samples import Ledger, Request
from tests.unit.judged import AT, request

GENERATOR = Generator(asked=10, sent=10, users=4, cpu_s=0.3, open_s=1.0)
CALM = Effort(GENERATOR, machine=0.5)
DISCARDED = Trouble("loki", "discarded", "lines", 312, {"rate_limited": 312})
RETRIED = Trouble("collector", "tried again", "calls", 4, {"HTTP 429": 4}, retried=True)
QUEUE = Queue("collector", "otlp_http", 400, 1000, 1.5)


def due(n: int, *, late: float = 0.0, took: float = 0.005, **more: object) -> Request:
    """A request that was due 0.1 n seconds after AT."""
    at = AT + 0.1 * n
    one = request(n, **more)  # type: ignore[arg-type]
    return replace(one, intended_at=at, sent_at=at + late, latency_s=took)


def info(reached: float = 10.0, asked: float | None = 10.0) -> LoadInfo:
    """A load as it was summed up."""
    return LoadInfo("load", "steady", AT, 1.0, 10, asked, reached)


def ledger(**more: object) -> Ledger:
    """Ten requests."""
    return Ledger(tuple(due(n, **more) for n in range(10)))  # type: ignore[arg-type]


BEHIND = Ledger(tuple(due(n, late=0.07 * n) for n in range(10)))
"""Ten requests, the last of which is sent 0.63 s after it was due."""


def test_a_stall_is_no_rate() -> None:
    """Of a second, a tenth that the machine stood still is 10%, and says nothing."""
    stalled = Ledger((*ledger().requests[:9], due(9, late=0.2)))
    assert judge.rate(info(reached=8.0), stalled, 10.0, CALM).verdict is Verdict.MET
    assert judge.shortfall(info(reached=8.0), BEHIND, 10.0, CALM) is not None


def test_a_rate_that_is_reached_is_met_with_its_latencies() -> None:
    """From the intended start: what was sent late counts as waited."""
    late = Ledger((*ledger().requests[:9], due(9, late=0.2)))
    judged = judge.rate(info(), late, 10.0, CALM)
    assert judged.verdict is Verdict.MET
    assert "10 requests at 10.0 of 10.0/s, the load generator used 30% of a core" in judged.summary
    assert "from the intended start p50 5 ms, p95 205 ms, max 205 ms" in judged.summary
    figures = {one.name: (one.figure, one.unit, one.budget) for one in judged.measurements}
    assert figures["load.steady.rate"] == (10.0, "1/s", None)
    assert figures["load.steady.max"] == (0.205, "s", None)


@pytest.mark.parametrize(
    ("effort", "verdict", "said"),
    [
        (
            Effort(replace(GENERATOR, cpu_s=0.97), 0.6),
            Verdict.UNMEASURED,
            "the load generator was the limit: its process used 97% of its one core",
        ),
        (
            Effort(GENERATOR, 0.98),
            Verdict.UNMEASURED,
            "the machine was the limit: its cores were 98% busy",
        ),
        (Effort(None, 0.5), Verdict.UNMEASURED, "who was the limit is not known"),
        (CALM, Verdict.MISSED, "the application was the limit: 4 of 4 users waited for answers"),
    ],
)
def test_who_was_the_limit_decides(effort: Effort, verdict: Verdict, said: str) -> None:
    """An application that cannot answer is missed; a generator or machine that cannot go on shows
    nothing.
    """
    waiting = Ledger(tuple(due(n, late=0.1 * n, took=0.75) for n in range(10)))
    judged = judge.rate(info(reached=6.0), waiting, 10.0, effort)
    assert judged.verdict is verdict
    assert "reached 6.0 of 10.0 requests/s; " in judged.summary
    assert said in judged.summary


def test_a_calm_load_that_is_short_all_the_same_cannot_be_told() -> None:
    """Nobody was busy: neither missed nor met."""
    judged = judge.rate(info(reached=6.0), BEHIND, 10.0, CALM)
    assert judged.verdict is Verdict.UNMEASURED
    assert "who was the limit cannot be told: the load generator used 30%" in judged.summary


def test_requests_that_were_cut_off_are_short_too() -> None:
    """The rate of what was sent can be right while half was not sent."""
    half = Effort(replace(GENERATOR, asked=20), 0.5)
    assert judge.shortfall(info(), ledger(), 10.0, half) == "10 of 20 requests were answered"
    silent = Ledger(tuple(due(n, status=None) for n in range(10)))
    judged = judge.rate(info(), silent, 10.0, CALM)
    assert judged.verdict is Verdict.MISSED
    assert "and 10 got none" in judged.summary


def test_an_empty_load_is_unmeasured() -> None:
    """Nothing was sent, so nothing was found out."""
    assert judge.rate(info(), Ledger(), 10.0, CALM).verdict is Verdict.UNMEASURED


def test_percentiles_are_values_that_were_seen() -> None:
    """Nearest rank, as for a service's own objective."""
    values = [float(n) for n in range(1, 101)]
    assert [judge.percentile(values, share) for share in (0.5, 0.95, 1.0)] == [50, 95, 100]
    assert judge.percentile([7.0], 0.5) == 7.0
    assert judge.percentile([], 0.5) == 0.0


def test_nothing_refused_is_met_and_says_the_fullest_queue() -> None:
    """What was only tried again is told, and is no loss."""
    calm = Pressure((RETRIED,), (QUEUE,), (), 9, ("collector", "loki"))
    judged = judge.pipeline(calm, 0.8)
    assert judged.verdict is Verdict.MET
    assert judged.summary == (
        "2 servers refused, dropped and discarded nothing; fullest: collector's queue (otlp_http) "
        "400 of 1000; collector tried again 4 calls: HTTP 429"
    )


@pytest.mark.parametrize(
    ("pressure", "said"),
    [
        (Pressure((DISCARDED,), (), (), 9, ("loki",)), "loki discarded 312 lines: rate_limited"),
        (
            Pressure((), (replace(QUEUE, peak=950),), (), 9, ("collector",)),
            (
                "collector's queue (otlp_http) 950 of 1000 (95%) 1.5 s after the load began; "
                "at most 80% allowed"
            ),
        ),
    ],
)
def test_what_a_hop_refuses_and_a_full_queue_are_missed(pressure: Pressure, said: str) -> None:
    """With the server's own figure and reason."""
    judged = judge.pipeline(pressure, 0.8)
    assert judged.verdict is Verdict.MISSED
    assert judged.summary == said
    assert judged.findings[0].lost_at in {"loki", "collector"}


def test_a_server_that_cannot_be_asked_leaves_it_unmeasured() -> None:
    """Unless another one already said that it lost some."""
    unread = Pressure((), (QUEUE,), ("loki could not be asked: refused",), 9, ("loki",))
    assert judge.pipeline(unread, 0.8).verdict is Verdict.UNMEASURED
    assert judge.pipeline(replace(unread, troubles=(DISCARDED,)), 0.8).verdict is Verdict.MISSED


def test_scrapes_that_fail_count_where_they_have_their_own_time() -> None:
    """At pace fast a scrape has a fraction of its time: that says something of this machine."""
    windows = [ScrapeWindow("gateway", "gateway:8000", 1.0, 2.0, failed=2, scrapes=12)]
    assert judge.failed_scrapes(windows, 1.0) == "2 of 12 scrapes of gateway failed"
    assert judge.failed_scrapes(windows, 120.0) is None
    scrapes = judge.failed_scrapes(windows, 1.0)
    assert judge.pipeline(Pressure(servers=("loki",)), 0.8, scrapes).verdict is Verdict.MISSED


def test_judgements_on_one_signal_are_the_worst_of_them() -> None:
    """What decided is said once."""
    met = Judgement(Verdict.MET, "10 of 10")
    lost = Judgement(Verdict.MISSED, "lost one", (Finding("one"),), allowed_s=5.0, took_s=5.0)
    down = Judgement(Verdict.UNMEASURED, "x", cause=Cause(CauseKind.ENDED, "loki ended", "loki"))
    assert judge.together([met, down]).cause == down.cause
    assert judge.together([lost, down]).cause is None
    both = judge.together([met, lost])
    assert (both.verdict, both.summary, both.findings) == (lost.verdict, "lost one", lost.findings)
    assert both.allowed_s == 5.0
    assert judge.together([met, met]).summary == "10 of 10"


def test_what_is_missing_on_a_busy_machine_is_late_or_lost() -> None:
    """Which of both cannot be told; where it stopped can."""
    lost = Judgement(Verdict.MISSED, "lost one", (Finding("one", "application → collector"),))
    judged = late_or_lost(lost, "11 of 68 scrapes failed")
    assert (judged.verdict, judged.findings) == (Verdict.UNMEASURED, lost.findings)
    assert judged.summary == "timing cannot be told: 11 of 68 scrapes failed; lost one"
    assert late_or_lost(lost, None) is lost
