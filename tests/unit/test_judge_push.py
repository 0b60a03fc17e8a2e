"""push.*: what is pushed must be whole, cumulative, fresh, and not scraped as well."""

from __future__ import annotations

import pytest

from smokestack.judge import push
from smokestack.judge.push import Pushed
from smokestack.results import Judgement, Verdict
from smokestack.samples import Series
from smokestack.system.signals import Push
from tests.unit.judged import AT, EVIDENCE, SYSTEM, WAITED, ledger, request

PUSH = {
    "service": "front", "job": "team/front", "interval": "15s", "heartbeat": "uptime",
    "families": ["requests_total", "pool"],
}  # fmt: skip
OURS = SYSTEM.model_copy(update={"push": Push.model_validate(PUSH)})
SENT = ledger(request(1, "/health"), request(2, "/error", status=500))
"""Sent from AT + 1 to AT + 2.5: a push before, one between and one after."""
TIMES = (AT, AT + 2, AT + 4)


def series(name: str, values: tuple[float | None, ...], **labels: str) -> list[Series]:
    """A pushed series at `TIMES`; None where it was not there yet."""
    of = {"job": "team/front", "instance": "one", **labels}
    return [Series(name, of, v, t) for v, t in zip(values, TIMES, strict=True) if v is not None]


def whole() -> list[Series]:
    """Every sample as it must be."""
    health = {"method": "GET", "route": "/health", "status": "200"}
    error = {"method": "POST", "route": "/error", "status": "500"}
    found = series("uptime", (1, 3, 5)) + series("pool", (0, 0, 0))
    for name in ("requests_total", "duration_seconds_count"):
        found += series(name, (7, 8, 8), **health) + series(name, (None, None, 1), **error)
    return found


def counted(samples: list[Series]) -> Judgement:
    """The judgement on the counters."""
    return push.counter_delta(OURS, SENT, Pushed(samples, 2.0, AT + 5), WAITED, EVIDENCE)


def fresh(
    samples: list[Series], asked_at: float = AT + 5, scraped: int = 0, busy: str | None = None
) -> Judgement:
    """The judgement on freshness, with a push every 2 s."""
    return push.freshness(OURS, Pushed(samples, 2.0, asked_at, scraped), busy, EVIDENCE)


def test_what_is_pushed_whole_is_met() -> None:
    """A series that began later counts from 0."""
    judgement = counted(whole())
    assert judgement.verdict is Verdict.MET, judgement.summary
    assert judgement.summary == "2 of 2 copies pushed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.value + (s.at > AT), "front: GET /health 200: expected 1 pushed as"),
        (lambda s: 7.0 if s.value == 8 else s.value, "seen 0 (-1)"),
    ],
)
def test_one_too_many_or_too_few_is_missed(change: object, said: str) -> None:
    """The count is exact."""
    changed = [
        Series(s.name, s.labels, change(s), s.at)  # type: ignore[operator]
        if s.name == "requests_total" and s.labels["route"] == "/health" else s
        for s in whole()
    ]  # fmt: skip
    judgement = counted(changed)
    assert judgement.verdict is Verdict.MISSED
    assert said in judgement.summary


def test_differences_are_not_sums() -> None:
    """A counter that falls is not cumulative, even if its last value happens to fit."""
    other = {"method": "GET", "route": "/silent", "status": "200"}
    judgement = counted([*whole(), *series("requests_total", (5, 2, 5), **other)])
    assert judgement.verdict is Verdict.MISSED
    assert "requests_total fell from 5 to 2: what is pushed is not cumulative" in judgement.summary


def test_nothing_pushed_is_missed() -> None:
    """Empty never equals empty."""
    judgement = counted([])
    assert judgement.verdict is Verdict.MISSED
    assert "nothing is pushed" in judgement.summary


def test_no_push_after_the_traffic_is_missed() -> None:
    """What was pushed last says nothing of the last requests."""
    judgement = counted([one for one in whole() if one.at < AT + 4])
    assert judgement.summary == "team/front: nothing was pushed after the last response"
    assert judgement.verdict is Verdict.MISSED


def test_a_restart_is_unmeasured() -> None:
    """Counters of two instances cannot be compared."""
    more = [Series(s.name, {**s.labels, "instance": "two"}, s.value, s.at) for s in whole()]
    assert counted([*whole(), *more]).verdict is Verdict.UNMEASURED


def test_what_is_fresh_is_met() -> None:
    """Pushes at their interval until now."""
    judgement = fresh(whole())
    assert judgement.verdict is Verdict.MET, judgement.summary
    assert judgement.summary.startswith("3 pushes at most 10.00 s apart, the last 1.00 s ago")


def test_what_lingers_is_missed() -> None:
    """The last value of a pushed series looks alive for five minutes."""
    judgement = fresh(whole(), asked_at=AT + 60)
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary == "nothing was pushed for 56.00 s, 10.00 s allowed"
    assert fresh(whole(), AT + 60, busy="swapping").verdict is Verdict.UNMEASURED


def test_a_gap_is_missed() -> None:
    """Five intervals are the most."""
    late = [Series(s.name, s.labels, s.value, s.at + 10 * (s.at > AT + 3)) for s in whole()]
    assert fresh(late, AT + 15).summary == "12.00 s between two pushes, 10.00 s allowed"


def test_a_family_that_is_not_pushed_is_missed() -> None:
    """Even on a busy machine: it is not late, it is not there."""
    judgement = fresh([one for one in whole() if one.name != "pool"], busy="swapping")
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary == "team/front: no series of pool is pushed"


def test_what_is_scraped_as_well_is_missed() -> None:
    """Sums over both would count double."""
    assert fresh(whole(), scraped=3).verdict is Verdict.MISSED


def test_no_push_is_no_freshness() -> None:
    """Nothing at all is missed, and not met for want of gaps."""
    assert fresh([]).verdict is Verdict.MISSED
