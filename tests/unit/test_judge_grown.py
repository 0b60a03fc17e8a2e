"""What counters grew by in two windows: resets, new processes, new series, the time between."""

from __future__ import annotations

from smokestack.deploys import Windows
from smokestack.judge.grown import STARTED, Key, grown
from smokestack.samples import Series

WINDOWS = Windows(start=0.0, began=20.0, done=40.0, end=60.0)
BEFORE, AFTER = (0.0, 10.0, 20.0), (50.0, 60.0)
"""The moments that are asked for: a scrape interval of 10 s, and none while it was rolled out."""


def of(name: str, values: dict[float, float], instance: str = "a", **labels: str) -> list[Series]:
    """A series of one target."""
    whole = {"job": "front", "instance": instance, **labels}
    return [Series(name, whole, value, at) for at, value in values.items()]


def alive(*moments: float, instance: str = "a", started: float = -100.0) -> list[Series]:
    """A target that answered, of a process that started then."""
    up = of("up", dict.fromkeys(moments, 1.0), instance)
    return up + of(STARTED, dict.fromkeys(moments, started), instance)


def by_status(key: Key) -> tuple[tuple[str, str], ...]:
    """All instances together."""
    return (("status", dict(key[1])["status"]),)


def counted(*samples: list[Series]) -> tuple[float, float, int]:
    """Growth before, after, and resets."""
    found = grown([one for of_ in samples for one in of_], WINDOWS, by_status)
    return sum(found.before.values()), sum(found.after.values()), found.resets


def test_nothing_between_the_windows_is_counted() -> None:
    """A process that goes on: what it counted while others were rolled out belongs to neither."""
    values = {0.0: 100.0, 10.0: 110.0, 20.0: 130.0, 50.0: 500.0, 60.0: 507.0}
    assert counted(alive(*BEFORE, *AFTER), of("c", values, status="200")) == (30, 7, 0)


def test_a_counter_that_began_anew_counts_from_0() -> None:
    """The new process has counted 5 when it is seen first: all of them are the new version's."""
    values = {0.0: 100.0, 10.0: 110.0, 20.0: 130.0, 50.0: 5.0, 60.0: 9.0}
    assert counted(alive(*BEFORE, *AFTER), of("c", values, status="200")) == (30, 9, 1)


def test_a_reset_is_seen_though_the_new_counter_has_overtaken_the_old_one() -> None:
    """The start time of the process tells."""
    values = {0.0: 1.0, 10.0: 2.0, 20.0: 3.0, 50.0: 8.0, 60.0: 9.0}
    up = alive(*BEFORE) + alive(*AFTER, started=30.0)
    assert counted(up, of("c", values, status="200")) == (2, 9, 1)


def test_a_new_instance_counts_from_0() -> None:
    """Another pod in the place of the first."""
    old = of("c", {0.0: 100.0, 10.0: 110.0, 20.0: 120.0}, "a", status="200")
    new = of("c", {50.0: 40.0, 60.0: 44.0}, "b", status="200")
    up = alive(*BEFORE) + alive(*AFTER, instance="b", started=30.0)
    assert counted(up, old, new) == (20, 44, 1)


def test_what_an_unknown_instance_had_counted_before_is_not_known() -> None:
    """It runs for long, and was only found now: it counts from its first value."""
    new = of("c", {50.0: 4000.0, 60.0: 4004.0}, "b", status="200")
    old = of("c", {0.0: 1.0, 10.0: 1.0, 20.0: 1.0}, "a", status="200")
    up = alive(*BEFORE) + alive(*AFTER, instance="b")
    assert counted(up, old, new) == (0, 4, 0)


def test_a_first_failure_counts_in_the_window_where_it_came() -> None:
    """A series that was not there, of a target that was scraped: it was 0."""
    good = of("c", dict.fromkeys((*BEFORE, *AFTER), 9.0), status="200")
    bad = of("c", {10.0: 2.0, 20.0: 2.0, 50.0: 2.0, 60.0: 3.0}, status="500")
    later = of("c", {60.0: 4.0}, status="503")
    assert counted(alive(*BEFORE, *AFTER), good, bad, later) == (2, 5, 0)
