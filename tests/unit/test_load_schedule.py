"""The schedule: the same requests in the same order, errors in an exact ratio."""

from __future__ import annotations

from itertools import islice

import pytest

from smokestack.load.schedule import Mix, Planned, Slots, SlowMix

PING = Planned("GET", "/ping", "/ping")
CHECK = Planned("GET", "/check", "/check")
ERROR = Planned("POST", "/error", "/error", expected=500)


def errors(mix: Mix, count: int) -> list[bool]:
    """Which of the next `count` requests are errors."""
    return [planned is ERROR for planned in islice(mix, count)]


def test_the_usual_requests_take_turns() -> None:
    """Each usual request comes as often as the others, in order."""
    assert list(islice(Mix([PING, CHECK]), 5)) == [PING, CHECK, PING, CHECK, PING]


def test_the_sequence_is_the_same_every_time() -> None:
    """The n-th request of two mixes is the same."""
    first, second = (Mix([PING, CHECK], error=ERROR, error_ratio=0.03) for _ in range(2))
    assert list(islice(first, 500)) == list(islice(second, 500))


@pytest.mark.parametrize("ratio", [0.0, 0.03, 0.04, 0.06, 0.29, 0.5, 1.0])
def test_every_window_has_the_asked_ratio(ratio: float) -> None:
    """Any stretch of the sequence has its share of errors to within one request."""
    seen = errors(Mix([PING], error=ERROR, error_ratio=ratio), 600)
    for length in (7, 50, 100, 333):
        for start in range(600 - length):
            assert abs(sum(seen[start : start + length]) - ratio * length) < 1


def test_a_round_number_of_requests_has_a_round_number_of_errors() -> None:
    """3% of 200 is 6, and 29% of 100 is 29, whatever floats say."""
    assert sum(errors(Mix([PING], error=ERROR, error_ratio=0.03), 200)) == 6
    assert sum(errors(Mix([PING], error=ERROR, error_ratio=0.29), 100)) == 29


def test_a_change_of_ratio_takes_effect_with_the_next_request() -> None:
    """A phase without errors has none at all."""
    mix = Mix([PING], error=ERROR, error_ratio=0.06)
    list(islice(mix, 99))
    mix.error_ratio = 0.0
    assert not any(errors(mix, 1000))


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_ratio_beyond_bounds_is_refused(ratio: float) -> None:
    """A share lies between none and all."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        Mix([PING], error=ERROR, error_ratio=ratio)


def test_a_scenario_without_an_error_request_refuses_a_ratio() -> None:
    """A ratio that could not be kept is not swallowed."""
    with pytest.raises(ValueError, match="no error request"):
        Mix([PING]).error_ratio = 0.1


def test_a_mix_of_nothing_is_refused() -> None:
    """A scenario that would send nothing is a mistake."""
    with pytest.raises(ValueError, match="at least one"):
        Mix([])


def test_a_closed_loop_is_due_at_once_until_the_total_is_given_out() -> None:
    """Without a rate, a request is due when it is asked for."""
    slots = Slots(total=2, rate=None)
    assert [slots.reserve(5.0), slots.reserve(6.0), slots.reserve(7.0)] == [5.0, 6.0, None]


def test_an_open_loop_keeps_its_slots_however_late_one_asks() -> None:
    """Delay is not hidden by moving the schedule."""
    slots = Slots(total=3, rate=10.0)
    due = [slots.reserve(now) for now in (1.0, 1.0, 9.0, 9.0)]
    assert due == [1.0, pytest.approx(1.1), pytest.approx(1.2), None]


def test_a_new_rate_spaces_the_slots_that_follow() -> None:
    """The rate can change on the way."""
    slots = Slots(total=None, rate=10.0)
    slots.reserve(0.0)
    slots.change(2.0)
    assert [slots.reserve(0.0), slots.reserve(0.0)] == [pytest.approx(0.1), pytest.approx(0.6)]


def test_what_was_not_due_is_not_made_up_for() -> None:
    """After a pause, the first request is due when it is asked for."""
    slots = Slots(total=None, rate=10.0)
    slots.reserve(0.0)
    slots.change(0.0)
    assert slots.paused
    slots.change(5.0)
    assert [slots.reserve(60.0), slots.reserve(60.0)] == [60.0, pytest.approx(60.2)]


def test_requests_that_take_as_long_as_asked() -> None:
    """The latency goes into the path; another mix has none to set."""
    mix = SlowMix(lambda seconds: Planned("GET", "/slow", f"/slow?ms={1000 * seconds:.0f}"))
    assert (next(mix).path, mix.latency_s) == ("/slow?ms=0", 0.0)
    mix.latency_s = 1.2
    assert next(mix).path == "/slow?ms=1200"
    plain = Mix([Planned("GET", "/", "/")])
    assert plain.latency_s is None
    with pytest.raises(ValueError, match="no requests that take"):
        plain.latency_s = 1.2
