"""What an alert bears inactive is told only where it was evaluated, scraped for and looked at."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from smokestack.drive import hold as module
from smokestack.drive.alert_life import longest_s
from smokestack.drive.hold import Held, Hold
from smokestack.judge.deadlines import Deadlines
from smokestack.timings import Timings
from tests.unit.judged import ALERT

QUICK = Deadlines(Timings(0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.0, 0.01, 0.01, 0.01))


def nothing() -> None:
    """All is well."""


def hold(
    evaluated: Callable[[], float | None],
    looks: Callable[[], int],
    troubled: Callable[[float], str | None] = lambda _: None,
    window_s: float = 0.02,
) -> Held:
    """How an alert was held."""
    return Hold("Errors", window_s, QUICK, evaluated, looks, troubled, nothing).last()


def counting(since: int = 0) -> Callable[[], int]:
    """One more each time."""
    numbers = itertools.count(since)
    return lambda: next(numbers)


def test_it_lasts_until_the_rule_was_evaluated_and_looked_at() -> None:
    """Four times, the one of before not counted, and two looks after that."""
    seen: list[int] = []
    looks = counting()

    def look() -> int:
        seen.append(looks())
        return seen[-1]

    evaluated = counting(100)
    assert hold(evaluated, look).evaluations == 4
    assert evaluated() == 105
    assert seen == [0, 1, 2]


def test_what_was_not_evaluated_or_not_looked_at_was_not_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rule that stands still, one that is not there, and a lookout that hangs."""
    monkeypatch.setattr(module, "MARGIN_S", 0.2)
    monkeypatch.setattr(Deadlines, "held_s", 0.2)
    assert hold(lambda: 100.0, counting()).evaluations == 0
    assert hold(lambda: None, counting()).evaluations == 0
    assert hold(counting(100), lambda: 7).evaluations == 0


def test_one_evaluation_too_few_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many there were is for the judge."""
    monkeypatch.setattr(Deadlines, "held_s", 0.2)
    clock: Iterator[float] = itertools.chain([1.0, 2.0, 3.0, 4.0], itertools.repeat(4.0))
    assert hold(lambda: next(clock), counting()).evaluations == 3


def test_a_window_that_was_not_scraped_is_waited_for_again() -> None:
    """It is held since the first whole one, and says nothing where there is none."""
    asked: list[float] = []

    def once(since: float) -> str | None:
        asked.append(since)
        return "3 of 20 scrapes failed" if len(asked) == 1 else None

    held = hold(counting(100), counting(), once)
    assert (held.evaluations, held.lost) == (4, None)
    assert held.full_at == pytest.approx(asked[1] + 0.02)
    assert asked[1] - asked[0] >= 0.02
    assert hold(counting(100), counting(), lambda _: "scrapes failed").lost == "scrapes failed"


def test_what_drives_an_alert_lasts_for_all_of_its_life() -> None:
    """At any pace: with a window and a `for` of five minutes that is over ten minutes, without what
    the servers' own intervals come to.
    """
    real = Deadlines(Timings(30, 10, 30, 0.2, 1, 5, 0, 30, 300, 5))
    assert longest_s(ALERT, real, 1.0) > ALERT.window + ALERT.for_s + 4 * 30 + 300
    assert 60 < longest_s(ALERT, QUICK, 120.0) < 300


def test_what_shows_at_once_has_no_window() -> None:
    """A server that is started again is not scraped meanwhile."""
    assert hold(counting(100), counting(), lambda _: "scrapes failed", window_s=0.0).lost is None
