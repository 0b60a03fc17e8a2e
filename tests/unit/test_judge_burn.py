"""slo.objective without traffic of ours: several windows, and how fast the budget goes in each."""

from __future__ import annotations

from pathlib import Path

from smokestack.judge.burn import objective_lately
from smokestack.results import Judgement, Verdict
from smokestack.samples import WindowSeen
from smokestack.system import load_slos, load_system

ROOT = Path(__file__).parents[2]
SLO = load_slos(ROOT, "reference", load_system(ROOT, "reference"))[0]
LENGTHS = {"5m": 300.0, "30m": 1800.0, "1h": 3600.0, "6h": 21600.0}


def window(name: str, bad: float, total: float | None) -> WindowSeen:
    """A window with so many bad events."""
    good = None if total is None else total - bad
    return WindowSeen(name, LENGTHS[name], good, total)


def judged(one: WindowSeen, *others: WindowSeen) -> Judgement:
    """The judgement on a window, beside others."""
    return objective_lately(SLO, one, others, "curl")


def test_good_enough_is_met_and_says_how_fast_in_each_window() -> None:
    """Where there are too few events to tell, that is said."""
    found = judged(window("1h", 5, 1000), window("5m", 0, 20), window("1h", 5, 1000))
    assert found.verdict is Verdict.MET
    assert found.summary == (
        "99.500% of 1000 requests good in the last 1h, 99% promised: burn rate 0.50; "
        "0.50 over 1h; too few to tell over 5m"
    )
    assert {one.name: one.figure for one in found.measurements} == {
        "slo.gateway-availability.burn_rate.1h": 0.5,
        "slo.gateway-availability.burn_rate.5m": 0.0,
    }


def test_too_many_bad_is_missed() -> None:
    """The objective is that of the file."""
    found = judged(window("1h", 20, 1000))
    assert found.verdict is Verdict.MISSED
    assert "98.000% of 1000 requests good for Prometheus over 1h, 99% promised" in found.summary


def test_a_burn_that_is_over_is_not_missed_but_one_that_goes_on_is() -> None:
    """Both windows of a pair must be over the rate: 5% of a month's budget in six hours is 6."""
    fine, long = window("1h", 0, 1000), window("6h", 700, 10_000)
    assert judged(fine, window("30m", 0, 500), long).verdict is Verdict.MET
    found = judged(fine, window("30m", 40, 500), long)
    assert found.verdict is Verdict.MISSED
    assert found.summary == (
        "the budget is spent 7.0 times as fast as allowed over 6h, 8.0 times over 30m: a page is "
        "due over 6"
    )


def test_too_few_events_cannot_tell() -> None:
    """One bad one of fifty would decide; and of none nothing follows."""
    few = judged(window("1h", 1, 50))
    assert few.verdict is Verdict.UNMEASURED
    assert few.summary == (
        "50 requests in the last 1h are too few to tell: 100 needed, so that one of them may be bad"
    )
    for none in (None, 0.0):
        assert judged(window("1h", 0, none)).verdict is Verdict.UNMEASURED


def test_a_numerator_without_series_is_no_good_answer() -> None:
    """A service that never answered well has no series of good answers."""
    seen = WindowSeen("1h", 3600.0, None, 200.0)
    assert judged(seen).verdict is Verdict.MISSED
    assert WindowSeen("1h", 3600.0, None, 200.0, of_bad=True).good == 200.0
