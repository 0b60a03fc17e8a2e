"""slo.*: both sides are counted, each by its own, and nothing that was not seen is met."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smokestack.judge import slo as judge
from smokestack.results import Verdict
from smokestack.samples import Counted, Ledger, Request, SliSeen
from smokestack.system import load_slos, load_system
from tests.unit.judged import request

ROOT = Path(__file__).parents[2]
AVAILABILITY, LATENCY = load_slos(ROOT, "reference", load_system(ROOT, "reference"))
MET, MISSED, UNMEASURED = Verdict.MET, Verdict.MISSED, Verdict.UNMEASURED


def sent(good: int, *others: Request) -> Ledger:
    """So many requests that were answered in 100 ms, and others."""
    return Ledger((*(request(n, latency_s=0.1) for n in range(1, good + 1)), *others))


def seen(good: float, total: float, before: float | None = None) -> SliSeen:
    """What Prometheus counted, from nothing or from what was there before."""
    start = before or 0.0
    return SliSeen(Counted("good", before, start + good), Counted("all", before, start + total))


def failed(n: int = 900) -> Request:
    """A request that was answered with 500."""
    return request(n, status=500, latency_s=0.1)


def lost(n: int = 950) -> Request:
    """A request without an answer."""
    return request(n, status=None, latency_s=10.0)


def slow(seconds: float, n: int = 970) -> Request:
    """A request that took so long for the client."""
    return request(n, latency_s=seconds)


# ---- agreement


def test_equal_counts_agree() -> None:
    """Exactly, and both figures are said, and measured."""
    found = judge.agreement(AVAILABILITY, sent(199, failed()), seen(199, 200))
    assert found.verdict is MET
    assert found.summary == (
        "client 99.500% (199 of 200), Prometheus 99.500% (199 of 200): 0 apart, 0 allowed"
    )
    figures = {m.name.rpartition("y.")[2]: m.figure for m in found.measurements}
    assert figures == {"sli.client": 0.995, "sli.prometheus": 0.995, "apart": 0.0}


def test_what_was_there_before_does_not_count() -> None:
    """The difference of the two scrapes is what grew."""
    assert judge.agreement(AVAILABILITY, sent(200), seen(200, 200, before=77)).verdict is MET


@pytest.mark.parametrize(("good", "total"), [(200, 200), (198, 200), (199, 201), (199, 199)])
def test_one_apart_is_missed(good: float, total: float) -> None:
    """One request more or less, good or in all."""
    found = judge.agreement(AVAILABILITY, sent(199, failed()), seen(good, total))
    assert found.verdict is MISSED
    assert "by the ledger" in found.summary


@pytest.mark.parametrize(
    ("good", "total", "verdict"),
    [(199, 199, MET), (199, 200, MET), (200, 200, MET), (201, 201, MISSED), (198, 199, MISSED)],
)
def test_requests_without_an_answer_widen_the_bound(
    good: float, total: float, verdict: Verdict
) -> None:
    """Counted or not, good or not, nobody knows: by as many as there are, upwards only."""
    assert judge.agreement(AVAILABILITY, sent(199, lost()), seen(good, total)).verdict is verdict


def test_where_others_send_prometheus_has_at_least_as_many() -> None:
    """Theirs are in its counters, and none of ours may be lacking."""
    more = judge.agreement(AVAILABILITY, sent(200), seen(390, 400), shared=True)
    assert more.verdict is MET
    assert "at least the client's, as others send too" in more.summary
    fewer = judge.agreement(AVAILABILITY, sent(200), seen(199, 400), shared=True)
    assert fewer.summary == "good: at least 200 by the ledger, 199 by Prometheus"


def test_what_is_left_out_is_left_out() -> None:
    """Errors that were asked for are no one's."""
    asked = request(901, "/api/v1/test/error", status=500, latency_s=0.1)
    assert judge.agreement(AVAILABILITY, sent(200, asked), seen(200, 200)).verdict is MET


@pytest.mark.parametrize(
    ("seconds", "good", "verdict"),
    [
        (1.0, 200, MET),  # in time, to the hair
        (1.0, 199, MISSED),  # the server cannot take longer than the client saw
        (1.24, 199, MET),  # late for both
        (1.24, 200, MET),  # within the stated distance: in time for the server
        (1.26, 200, MISSED),  # further than the client may be from the server
        (1.26, 199, MET),
    ],
)
def test_latencies_agree_within_the_distance(seconds: float, good: float, verdict: Verdict) -> None:
    """The client sees more than the server, never less."""
    found = judge.agreement(LATENCY, sent(199, slow(seconds)), seen(good, 200))
    assert found.verdict is verdict, found.summary


def test_latencies_of_a_busy_machine_say_nothing() -> None:
    """Unmeasured then; counts are counts on any machine, and an agreement is one."""
    apart = sent(199, slow(1.5)), seen(200, 200)
    found = judge.agreement(LATENCY, *apart, busy="scrapes failed")
    assert found.verdict is UNMEASURED
    assert "timing cannot be told: scrapes failed" in found.summary
    assert judge.agreement(AVAILABILITY, sent(200), seen(199, 200), busy="b").verdict is MISSED
    assert judge.agreement(LATENCY, sent(200), seen(200, 200), busy="b").verdict is MET


@pytest.mark.parametrize(
    ("ledger", "stack", "broken", "says"),
    [
        (Ledger(), seen(0, 0), (), "no request that this SLO is about"),
        (sent(200), None, (), "no successful scrape before and after"),
        (sent(200), seen(0, 0), (), "all counted nothing, of 200"),
        (sent(200), seen(-3, 200, before=9), (), "good fell from 9 to 6"),
        (sent(200), seen(200, 200), ("front:1 was restarted",), "front:1 was restarted"),
    ],
)
def test_what_was_not_seen_is_unmeasured(
    ledger: Ledger, stack: SliSeen | None, broken: tuple[str, ...], says: str
) -> None:
    """By both checks: empty never equals empty."""
    for check in (judge.agreement, judge.objective):
        found = check(AVAILABILITY, ledger, stack, broken)
        assert found.verdict is UNMEASURED
        assert says in found.summary


def test_a_bucket_that_is_no_bound_is_missed() -> None:
    """Its series is not there: no request was in time, says Prometheus."""
    none = SliSeen(Counted("good", None, None), Counted("all", None, 200.0))
    found = judge.agreement(LATENCY, sent(200), none)
    assert found.verdict is MISSED
    assert found.summary == "good: 200 by the ledger, 0 by Prometheus"


def test_bad_events_are_subtracted() -> None:
    """A numerator of bad ones gives the good ones."""
    bad = replace(seen(1, 200), of_bad=True)
    assert judge.agreement(AVAILABILITY, sent(199, failed()), bad).verdict is MET


# ---- objective


def test_burn_rate_and_budget() -> None:
    """1 bad of 200 at 99%: half of what is allowed, burnt at half the rate."""
    ledger = sent(199, failed(200))  # from the first to the last 199.1 s
    found = judge.objective(AVAILABILITY, ledger, seen(199, 200))
    assert found.verdict is MET
    assert "1 bad of 2.0 allowed, burn rate 0.50" in found.summary
    figures = {m.name.partition("availability.")[2]: m.figure for m in found.measurements}
    spent = 0.5 * 199.1 / (30 * 86400)
    assert figures["burn_rate.client"] == figures["burn_rate.prometheus"] == pytest.approx(0.5)
    assert figures["budget_spent.client"] == pytest.approx(spent, abs=1e-7)


def test_just_used_up_is_met_and_one_more_is_missed() -> None:
    """99% of 200 allow two."""
    two, three = sent(198, failed(901), failed(902)), sent(197, *map(failed, (901, 902, 903)))
    assert judge.objective(AVAILABILITY, two, seen(198, 200)).verdict is MET
    found = judge.objective(AVAILABILITY, three, seen(197, 200))
    assert found.verdict is MISSED
    assert "3 bad of 2.0 allowed, burn rate 1.50" in found.summary
    assert len(found.findings) == 2  # one for each side


@pytest.mark.parametrize(("client", "stack"), [(190, 200), (200, 190)])
def test_either_side_below_the_objective_is_missed(client: int, stack: int) -> None:
    """Which of them it is, is said."""
    ledger = sent(client, *(failed(900 + n) for n in range(200 - client)))
    found = judge.objective(AVAILABILITY, ledger, seen(stack, 200))
    assert found.verdict is MISSED
    assert ("for the client" if client < stack else "for Prometheus") in found.summary
    assert len(found.findings) == 1


def test_too_few_requests_to_tell() -> None:
    """Of 99, at 99%, not one may fail: one alone would decide. Never met, never missed."""
    for ledger, good in ((sent(99), 99), (sent(98, failed()), 98)):
        found = judge.objective(AVAILABILITY, ledger, seen(good, 99))
        assert found.verdict is UNMEASURED
        assert "99 requests are too few to tell: 100 needed" in found.summary
    assert judge.objective(AVAILABILITY, sent(100), seen(100, 100)).verdict is MET


def test_no_answer_is_bad_for_the_client() -> None:
    """Whatever the server thinks of it."""
    ledger = sent(190, *(lost(900 + n) for n in range(10)))
    assert judge.objective(AVAILABILITY, ledger, seen(200, 200)).verdict is MISSED


def test_what_the_client_saw_stands_without_prometheus() -> None:
    """Missed all the same; but met needs both."""
    bad = sent(190, *(failed(900 + n) for n in range(10)))
    assert judge.objective(AVAILABILITY, bad, None).verdict is MISSED
    assert judge.objective(AVAILABILITY, sent(200), None).verdict is UNMEASURED


def test_a_busy_machine_misses_no_objective_on_latency() -> None:
    """It is unmeasured; one on availability is missed on any machine."""
    late = Ledger(tuple(request(n, latency_s=2.0) for n in range(1, 201)))
    assert judge.objective(LATENCY, late, seen(0, 200)).verdict is MISSED
    assert judge.objective(LATENCY, late, seen(0, 200), busy="b").verdict is UNMEASURED
    bad = sent(190, *(failed(900 + n) for n in range(10)))
    assert judge.objective(AVAILABILITY, bad, seen(190, 200), busy="b").verdict is MISSED


def test_rate_is_shown_and_not_judged() -> None:
    """It extrapolates: whatever it says, the verdict is that of the counts."""
    found = judge.agreement(AVAILABILITY, sent(200), replace(seen(200, 200), by_rate=0.7))
    assert found.verdict is MET
    (rate,) = [one for one in found.evidence if one.kind == "rate()"]
    assert rate.observed == "70.000% good"
