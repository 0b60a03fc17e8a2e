"""The schedule: the same requests in the same order, errors in an exact ratio."""

from __future__ import annotations

from itertools import islice

import pytest

from smokestack.load.schedule import Mix, Plan, Planned, Shape, Slots, SlowMix, Stage

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


RAMP = Shape((Stage(4.0, 0.0, 8.0), Stage(1.0, 8.0, 8.0)))


def test_a_ramp_has_each_request_where_so_many_were_due_before_it() -> None:
    """At 2 more a second each second, t * t are due after t seconds; then 8 a second."""
    assert RAMP.total == 24
    squares = [RAMP.moment(n * n) for n in range(5)]
    assert squares == [pytest.approx(n) for n in range(5)]
    assert [RAMP.moment(16 + n) for n in (1, 4, 7)] == [pytest.approx(4 + n / 8) for n in (1, 4, 7)]
    assert RAMP.moment(24) is None


def test_a_ramp_may_fall() -> None:
    """To nothing: the last request comes before the end."""
    falling = Shape((Stage(4.0, 8.0, 0.0),))
    assert [falling.moment(16 - n * n) for n in (4, 2, 1)] == [
        pytest.approx(4.0 - n) for n in (4, 2, 1)
    ]
    assert falling.moment(16) is None


def test_a_spike_begins_and_ends_from_one_request_to_the_next() -> None:
    """One a second, ten a second, one a second."""
    spike = Shape((Stage(2.0, 1.0, 1.0), Stage(0.3, 10.0, 10.0), Stage(2.0, 1.0, 1.0)))
    moments = [spike.moment(n) for n in range(spike.total)]
    assert moments == [pytest.approx(t) for t in (0.0, 1.0, 2.0, 2.1, 2.2, 2.3, 3.3)]


def test_a_part_of_a_request_at_the_end_is_one_request() -> None:
    """What is due before the end is sent, and what is due at the end is not."""
    assert Shape((Stage(1.0, 2.5, 2.5),)).total == 3
    tenths = Shape((Stage(1.0, 10.0, 10.0),) * 3)
    assert [tenths.total, tenths.moment(29)] == [30, pytest.approx(2.9)]
    assert tenths.moment(30) is None


@pytest.mark.parametrize(
    "stages", [(), (Stage(0.0, 1.0, 1.0),), (Stage(1.0, -1.0, 5.0),), (Stage(9.0, 0.0, 0.0),)]
)
def test_a_shape_in_which_nothing_is_due_is_refused(stages: tuple[Stage, ...]) -> None:
    """A scenario that would send nothing is a mistake."""
    with pytest.raises(ValueError, match="stages that last"):
        Shape(stages)


def test_slots_of_a_shape_keep_to_it_however_late_one_asks() -> None:
    """As those of a rate do; and they end with it."""
    slots = Slots(total=3, rate=None, shape=RAMP)
    assert [slots.reserve(now) for now in (10.0, 99.0, 99.0, 99.0)] == [
        10.0, pytest.approx(11.0), pytest.approx(10 + 2**0.5), None,
    ]  # fmt: skip


def test_a_rate_that_is_told_on_the_way_ends_the_shape() -> None:
    """The control file has the last word."""
    slots = Slots(total=None, rate=None, shape=RAMP)
    slots.reserve(10.0)
    slots.change(2.0)
    assert [slots.reserve(20.0), slots.reserve(20.0)] == [20.0, 20.5]


def test_a_plan_with_a_shape_sends_what_the_shape_has() -> None:
    """Another rate is its highest one, and no total makes it longer."""
    plan = Plan(lambda: Mix([PING]), total=None, rate=None, users=1, shape=RAMP)
    assert plan.shaped(None, None) == (RAMP, 24)
    assert plan.shaped(None, 10) == (RAMP, 10)
    doubled, total = plan.shaped(16.0, 1000)
    assert (doubled and doubled.stages[0], total) == (Stage(4.0, 0.0, 16.0), 48)
    flat = Plan(lambda: Mix([PING]), total=5, rate=None, users=1)
    assert (flat.shaped(9.0, None), flat.shaped(9.0, 7)) == ((None, 5), (None, 7))


def test_a_plan_lasts_as_long_as_it_is_told() -> None:
    """A shape is stretched at its own rates; without one, seconds are a number at a rate."""
    plan = Plan(lambda: Mix([PING]), total=None, rate=None, users=1, shape=RAMP)
    longer, total = plan.shaped(None, None, 2 * sum(one.seconds for one in RAMP.stages))
    assert (longer and longer.stages[0], total) == (Stage(8.0, 0.0, 8.0), 48)
    flat = Plan(lambda: Mix([PING]), total=5, rate=10.0, users=1)
    assert flat.shaped(None, None, 2.0) == (None, 20)
    assert flat.shaped(30.0, None, 2.0) == (None, 60)
    assert flat.shaped(30.0, 7, 2.0) == (None, 7)


def test_a_rate_that_is_the_most_is_never_passed() -> None:
    """Neither by a closed loop, nor by what would catch up, nor where the plan asks for more."""
    closed = Slots(total=None, rate=None, most=2.0)
    assert [closed.reserve(0.0) for _ in range(3)] == [0.0, 0.5, 1.0]
    late = Slots(total=None, rate=2.0, most=2.0)
    assert [late.reserve(now) for now in (0.0, 5.0, 5.0)] == [0.0, 5.0, 5.5]
    fast = Slots(total=2, rate=100.0, most=2.0)
    assert [fast.reserve(0.0) for _ in range(3)] == [0.0, 0.5, None]


def test_a_rate_below_the_most_stays_as_it_is() -> None:
    """It is a bound, not a wish."""
    slots = Slots(total=None, rate=1.0, most=10.0)
    assert [slots.reserve(0.0) for _ in range(3)] == [0.0, 1.0, 2.0]
