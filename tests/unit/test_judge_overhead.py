"""What telemetry costs: never a false verdict, and the right words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from smokestack.arms import AGAIN, OFF, Compared, Round, Turn
from smokestack.judge import overhead as judge
from smokestack.judge.costs import Question, cost, decided
from smokestack.judge.paired import ERROR, error_at, mean
from smokestack.results import Cause, CauseKind, Judgement, Verdict
from smokestack.system.overhead import Limit, Overhead

ROUTES = {"quiet": "GET /api/v1/ping", "working": "GET /api/v1/orders"}
MS = 1e-3
PLAIN = {"metrics": False, "logs": False, "traces": False}
SEEN = {
    OFF: PLAIN,
    AGAIN: PLAIN,
    "metrics": PLAIN | {"metrics": True},
    "traces": PLAIN | {"traces": True},
    "all": dict.fromkeys(PLAIN, True),
}


def section(*budgets: tuple[str, str, str], **more: Any) -> Overhead:
    """A section with these budgets."""
    said = [dict(zip(("signal", "statistic", "max"), one, strict=True)) for one in budgets]
    return Overhead.model_validate({"budgets": said, "routes": ROUTES, **more})


def rounds(
    count: int, costs: Mapping[str, float], *, noise: float = 0.05, seed: int = 1, stalls: float = 0
) -> tuple[Round, ...]:
    """Rounds in which arms cost so many milliseconds beside the 1.5 that all take; `noise` is in
    milliseconds too, and `stalls` the share of turns in which the machine does something else.
    """
    dice = np.random.default_rng(seed)

    def figure(arm: str) -> float:
        stalled = dice.exponential(20) if dice.random() < stalls else 0.0
        return MS * float(1.5 + costs.get(arm, 0.0) + dice.normal(0, noise) + stalled)

    arms = (OFF, AGAIN, *(one for one in costs if one not in (OFF, AGAIN)))
    return tuple(
        {
            (arm, route): Turn(figure(arm), figure(arm), figure(arm), figure(arm))
            for arm in arms
            for route in ROUTES
        }
        for _ in range(count)
    )


def compared(seen: tuple[Round, ...], *looks: int, **more: Any) -> Compared:
    """Rounds as a comparison."""
    return Compared(seen, looks or (len(seen),), seen=SEEN, requests=30, allowed_s=20.0, **more)


def asked(
    budget: str,
    seen: tuple[Round, ...],
    *looks: int,
    statistic: str = "p95",
    short: str | None = None,
) -> Judgement:
    """What metrics cost, against one budget."""
    given = section(("metrics", statistic, budget))
    return judge.cost_of("metrics", given, compared(seen, *looks, short=short))


def test_a_cost_below_the_budget_is_met_and_said_with_its_interval() -> None:
    """The sentence is what a person wants to know."""
    judgement = asked("1ms", rounds(24, {"metrics": 0.2}, noise=0.03))
    assert judgement.verdict is Verdict.MET
    first, second = judgement.summary.split("; ")
    assert first.startswith("metrics cost the application's GET /api/v1/ping 0.2")
    assert " ms at p95, give or take 0.0" in first
    assert first.endswith("(budget 1 ms)")
    assert "GET /api/v1/orders" in second
    assert judgement.allowed_s == 20.0


def test_a_cost_above_the_budget_is_missed() -> None:
    """2 ms where 1 may be."""
    judgement = asked("1ms", rounds(12, {"metrics": 2.0}))
    assert judgement.verdict is Verdict.MISSED
    assert "cost the application's GET /api/v1/ping 1.9" in judgement.summary
    assert "(budget 1 ms): over the budget (and 1 more)" in judgement.summary


def test_an_interval_around_the_budget_is_unmeasured_with_what_would_decide_it() -> None:
    """Neither met nor missed, although the figure itself is below."""
    judgement = asked("1ms", rounds(12, {"metrics": 0.98}, noise=0.1))
    assert judgement.verdict is Verdict.UNMEASURED
    assert "which is around the budget, after 12 rounds" in judgement.summary
    assert "would decide it" in judgement.summary


def test_a_noisy_machine_is_never_blamed_on_telemetry() -> None:
    """Two arms that are alike, and may be 5 ms apart: nothing can be told of 1 ms."""
    judgement = asked("1ms", rounds(12, {"metrics": 2.0}, noise=8.0))
    assert judgement.verdict is Verdict.UNMEASURED
    assert judgement.summary.startswith("timing cannot be told: two arms that are alike may seem")


def test_a_host_that_keeps_the_cpu_is_named() -> None:
    """The first thing to know: no idle machine and no longer time would help."""
    kept = "the host of this virtual machine kept 63% of its CPU time (steal)"
    judgement = asked("1ms", rounds(12, {"metrics": 2.0}, noise=8.0), short=kept)
    assert judgement.verdict is Verdict.UNMEASURED
    assert judgement.summary.startswith(f"timing cannot be told: {kept}; two arms that are alike")
    assert judgement.cause == Cause(CauseKind.UNTIMED, kept)
    assert asked("1ms", rounds(12, {"metrics": 4.0}), short=kept).verdict is Verdict.MISSED


@pytest.mark.parametrize("stalls", [0.0, 0.1])
def test_alike_arms_get_no_false_verdict(stalls: float) -> None:
    """A against A against A, 20 times: no budget of 1 ms is missed, and none is found to be
    anything but 0, at any look.
    """
    for seed in range(20):
        seen = rounds(24, {"metrics": 0.0}, noise=0.2, seed=seed, stalls=stalls)
        for number, look in enumerate((12, 24), 1):
            one = cost(seen[:look], Question("metrics", "quiet", "mean", Limit(MS)), number)
            assert one is not None
            assert one.verdict is not Verdict.MISSED
            assert one.cost.low < 0 < one.cost.high


def test_stalls_of_the_machine_do_not_hide_what_it_costs() -> None:
    """One turn in ten takes 20 ms longer, whoever's it is."""
    seen = rounds(48, {"metrics": 2.0}, stalls=0.05, seed=4)
    assert asked("1ms", seen).verdict is Verdict.MISSED


def test_a_systematic_difference_of_alike_arms_widens_the_interval() -> None:
    """Processes are never quite alike: 0.3 ms between two that should be is 0.3 ms of doubt."""
    seen = rounds(48, {AGAIN: 0.3, "metrics": 0.9}, noise=0.001)
    judgement = asked("1ms", seen)
    assert judgement.verdict is Verdict.UNMEASURED
    assert "no number of rounds would decide it" in judgement.summary


def test_the_first_look_that_decides_counts() -> None:
    """What was decided stays decided, with its own figures."""
    early, late = rounds(12, {"metrics": 0.1}), rounds(12, {"metrics": 1.6}, noise=0.5, seed=9)
    one = decided(compared(early + late, 12, 24), Question("metrics", "quiet", "p95", Limit(MS)))
    assert one is not None
    assert one.verdict is Verdict.MET
    assert one.rounds == 12


def test_looking_again_is_paid_for() -> None:
    """The errors of all looks together are what is stated."""
    assert sum(error_at(look) for look in range(1, 1000)) == pytest.approx(ERROR, rel=0.01)
    values = np.random.default_rng(2).normal(size=24)
    assert mean(values, error_at(3)).half > mean(values, error_at(1)).half


def test_a_share_is_of_what_a_request_takes_without() -> None:
    """20% of 1.5 ms is 0.3 ms."""
    assert asked("20%", rounds(24, {"metrics": 0.1}, noise=0.02)).verdict is Verdict.MET
    judgement = asked("20%", rounds(24, {"metrics": 0.5}, noise=0.02), statistic="cpu")
    assert judgement.verdict is Verdict.MISSED
    assert "(budget 20%, here 0.30 ms)" in judgement.summary
    assert "ms of CPU a request" in judgement.summary


def test_all_four_statistics_are_measured_on_both_routes() -> None:
    """Those with a budget carry it."""
    judgement = asked("1ms", rounds(12, {"metrics": 0.2}))
    names = {one.name: one for one in judgement.measurements}
    assert len(names) == 8
    assert names["overhead.metrics.quiet.p95"].budget == pytest.approx(1.0)
    assert names["overhead.metrics.working.cpu"].budget is None
    interval = names["overhead.metrics.quiet.mean"].interval
    assert interval is not None
    assert interval[0] < 0.2 < interval[1]


def test_too_few_rounds_say_nothing() -> None:
    """However clear it looks."""
    judgement = asked("1ms", rounds(5, {"metrics": 0.0}, noise=0.001))
    assert judgement.verdict is Verdict.UNMEASURED
    assert "only 5 rounds of the arms, and 6 are needed" in judgement.summary


def test_an_arm_that_crashed_is_unmeasured_and_the_others_are_told() -> None:
    """The reason stands in the summary."""
    given = section(("metrics", "mean", "1ms"), ("traces", "mean", "1ms"))
    seen = compared(rounds(12, {"metrics": 0.1}), broken={"traces": "it ended with exit code 3; …"})
    assert judge.cost_of("metrics", given, seen).verdict is Verdict.MET
    broken = judge.cost_of("traces", given, seen)
    assert broken.verdict is Verdict.UNMEASURED
    assert broken.summary == ("the arm `traces` cannot be compared: it ended with exit code 3; …")
    assert not judge.is_open(given, seen)
    both = replace(seen, broken={OFF: "it ended with exit code 3; …"})
    assert judge.cost_of("metrics", given, both).verdict is Verdict.UNMEASURED


@pytest.mark.parametrize(
    ("arm", "gives", "says"),
    [
        ("metrics", PLAIN, "the arm `metrics` is not what it says: it exposes no metrics"),
        (OFF, PLAIN | {"metrics": True}, "the two arms without telemetry are not alike"),
        (
            "metrics",
            dict.fromkeys(PLAIN, True),
            "the arms `off` and `metrics` differ in more than metrics: only one of them has logs",
        ),
        ("metrics", PLAIN | {"metrics": None}, "whether the arm `metrics` has metrics cannot be"),
    ],
)
def test_an_arm_that_is_not_what_it_says_is_unmeasured(
    arm: str, gives: Mapping[str, bool | None], says: str
) -> None:
    """Whatever its figures are."""
    seen = replace(compared(rounds(12, {"metrics": 0.1})), seen={**SEEN, arm: gives})
    judgement = judge.cost_of("metrics", section(("metrics", "mean", "1ms")), seen)
    assert judgement.verdict is Verdict.UNMEASURED
    assert says in judgement.summary


def test_both_arms_without_that_have_the_signal_are_unmeasured() -> None:
    """There is nothing to compare with."""
    telling = PLAIN | {"metrics": True}
    seen = replace(
        compared(rounds(12, {"metrics": 0.1})), seen={**SEEN, OFF: telling, AGAIN: telling}
    )
    judgement = judge.cost_of("metrics", section(("metrics", "mean", "1ms")), seen)
    assert "the arm `off` is not without metrics: it exposes metrics" in judgement.summary


def test_a_signal_without_a_budget_is_skipped() -> None:
    """Nothing was promised."""
    judgement = judge.cost_of("logs", section(("metrics", "mean", "1ms")), Compared())
    assert judgement.verdict is Verdict.SKIPPED
    assert judgement.summary == "this system has no budget for what logs may cost"
