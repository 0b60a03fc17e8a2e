"""Counters that others' requests are in, too: never fewer than ours, and exact where ours alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from smokestack.judge import shared_counters as judge
from smokestack.judge.counters import Deltas, ScrapeWindow
from smokestack.results import Judgement, Verdict
from smokestack.samples import Ledger
from smokestack.sharing import Shared
from tests.unit.judged import AT, EVIDENCE, SYSTEM, WAITED, ledger, request

WINDOWS = [
    ScrapeWindow("front", "10.0.0.1:1", AT, AT + 4, 0, 5),
    ScrapeWindow("back", "10.0.0.2:2", AT, AT + 4, 0, 5),
]
SENT = ledger(request(1), request(2), request(3, "/error", status=500))
"""Twice through both services, and once to the first alone: five copies."""
OTHERS = Shared()
BY_ROUTE = Shared(frozenset({"/error"}))
BY_LABEL = Shared(labels={"tenant": "ours"})


def grown(
    both: float, error: float, **more: str
) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Differences of counter and histogram, for series with `more` labels."""
    rows = [("front", "/both", "200", both), ("back", "/both", "200", both),
            ("front", "/error", "500", error)]  # fmt: skip
    return {
        (name, frozenset({"service": service, "method": "POST" if status == "500" else "GET",
                          "route": route, "status": status, **more}.items())): value
        for service, route, status, value in rows
        for name in ("requests_total", "duration_seconds_count")
    }  # fmt: skip


def counted(
    shared: Shared,
    difference: Deltas,
    windows: Sequence[ScrapeWindow] = WINDOWS,
    sent: Ledger = SENT,
) -> Judgement:
    """What is judged of the counter."""
    return judge.counter_delta(SYSTEM, sent, windows, difference, (), shared, WAITED, EVIDENCE)


def test_more_than_was_sent_is_met_and_said() -> None:
    """Others' requests are no fault of ours, and the verdict does not claim more than it knows."""
    judgement = counted(OTHERS, Deltas(grown(40, 1), ()))
    assert (judgement.verdict, judgement.summary) == (
        Verdict.MET,
        "at least 5 of 5 copies counted",
    )
    assert [(one.observed, one.expected) for one in judgement.evidence[1:]] == [
        ("81 with others' requests", "at least 5")
    ]


def test_less_than_was_sent_is_missed() -> None:
    """Whatever others did."""
    judgement = counted(OTHERS, Deltas(grown(1, 9), ()))
    assert judgement.verdict is Verdict.MISSED
    assert [finding.detail for finding in judgement.findings] == [
        "back: GET /both 200: expected at least 2 counted, seen 1 (-1)",
        "front: GET /both 200: expected at least 2 counted, seen 1 (-1)",
    ]


def test_a_route_that_is_ours_alone_is_exact() -> None:
    """There one too many is one too many."""
    met = counted(BY_ROUTE, Deltas(grown(40, 1), ()))
    assert met.summary == (
        "at least 5 of 5 copies (1 of them exactly, on what is ours alone) counted"
    )
    missed = counted(BY_ROUTE, Deltas(grown(40, 2), ()))
    assert missed.verdict is Verdict.MISSED
    assert missed.summary == "front: POST /error 500: expected 1 counted, seen 2 (+1)"


def test_a_label_that_is_ours_alone_is_exact() -> None:
    """Others' series are left aside; of ours neither one more nor one less."""
    others = grown(40, 7, tenant="theirs")
    met = counted(BY_LABEL, Deltas({**others, **grown(2, 1, tenant="ours")}, ()))
    assert (met.verdict, met.summary) == (Verdict.MET, "5 of 5 copies counted")
    assert met.evidence[1].observed == "5 of ours"
    for both, error in ((3, 1), (2, 0)):
        seen = Deltas({**others, **grown(both, error, tenant="ours")}, ())
        assert counted(BY_LABEL, seen).verdict is Verdict.MISSED


def test_nothing_under_our_label_is_missed_however_much_others_have() -> None:
    """The metric has the label, so ours must be there."""
    judgement = counted(BY_LABEL, Deltas(grown(40, 7, tenant="theirs"), ()))
    assert judgement.verdict is Verdict.MISSED


def test_a_label_that_the_metric_does_not_have_makes_nothing_exact() -> None:
    """Then it is at least, and says so."""
    judgement = counted(BY_LABEL, Deltas(grown(40, 7), ()))
    assert (judgement.verdict, judgement.summary) == (Verdict.MET, "at least 5 of 5 copies counted")


def test_nothing_sent_is_not_met() -> None:
    """Empty is never as much as empty."""
    assert counted(OTHERS, Deltas({}, ()), sent=Ledger()).verdict is Verdict.UNMEASURED


@pytest.mark.parametrize(
    ("windows", "verdict", "says"),
    [
        (WINDOWS[:1], Verdict.MISSED, "back: no instance was scraped before"),
        (
            [*WINDOWS, ScrapeWindow("back", "10.0.0.3:2", None, AT + 4, 0, 2)],
            Verdict.UNMEASURED,
            "back: 10.0.0.3:2 came or went meanwhile",
        ),
        ([*WINDOWS, replace(WINDOWS[1], instance="10.0.0.4:2")], Verdict.MET, "at least 5 of 5"),
    ],
)
def test_instances_are_known_by_their_job(
    windows: list[ScrapeWindow], verdict: Verdict, says: str
) -> None:
    """Several may be there; one that came or went may have counted some of ours."""
    judgement = counted(OTHERS, Deltas(grown(40, 7), ()), windows)
    assert judgement.verdict is verdict
    assert says in judgement.summary


def test_a_restart_says_nothing() -> None:
    """A counter that began anew may have lost ours."""
    broken = Deltas(grown(40, 7), ("requests_total of back was reset",))
    assert counted(OTHERS, broken).verdict is Verdict.UNMEASURED


def test_histograms_are_held_against_the_ledger() -> None:
    """A scrape may fall between a request's being counted and being observed."""

    def observed(shared: Shared, difference: Deltas) -> Judgement:
        return judge.histogram_count(SYSTEM, SENT, WINDOWS, difference, shared, WAITED, EVIDENCE)

    met = observed(OTHERS, Deltas(grown(40, 7), ()))
    assert met.summary == "at least 5 of 5 copies observed in duration_seconds_count"
    assert observed(OTHERS, Deltas(grown(1, 7), ())).verdict is Verdict.MISSED
    assert observed(BY_ROUTE, Deltas(grown(40, 2), ())).verdict is Verdict.MISSED


def test_a_stack_of_our_own_is_exact() -> None:
    """Nothing is shared."""
    found = judge.share(SYSTEM, Deltas(grown(2, 1), ()), "requests_total", None)
    assert not any(map(found.more, found.counts))
    assert sum(found.counts.values()) == 5
