"""A step of the machine's clock is seen; time that merely passes, or a busy machine, is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smokestack.clock import Clock


class Hands:
    """Both clocks, moved by hand. Readings of the wall clock may be held up."""

    def __init__(self) -> None:
        self.now, self.ahead = 100.0, 1_000_000.0
        self.held_up: Iterator[float] = iter(())

    def wall(self) -> float:
        """The wall clock; time passes while it is read."""
        read = self.now + self.ahead
        self.now += next(self.held_up, 0.0)
        return read

    def steady(self) -> float:
        """The monotonic clock."""
        return self.now


def clock() -> tuple[Clock, Hands]:
    """A clock that has been looked at once."""
    hands = Hands()
    return Clock(hands.wall, hands.steady), hands


def test_time_that_passes_is_no_step() -> None:
    """Both clocks go on; NTP slews by up to 500 ppm."""
    one, hands = clock()
    hands.now += 3600
    hands.ahead += 3600 * 0.0005
    assert one.stepped() is None


@pytest.mark.parametrize(("step", "said"), [(3.2, "set forward by 3.20 s"), (-0.5, "back by 0.50")])
def test_a_step_is_said_with_its_way_and_length(step: float, said: str) -> None:
    """By whichever way the clock was set."""
    one, hands = clock()
    hands.now += 5
    hands.ahead += step
    told = one.stepped()
    assert told is not None
    assert said in told
    assert "during the run" in told


def test_a_step_that_was_taken_back_is_remembered() -> None:
    """Looks in between see what the ends do not; the largest step is said."""
    one, hands = clock()
    for ahead in (1_000_030.0, 1_000_000.0):
        hands.ahead = ahead
        one.look()
    hands.ahead += 0.2
    assert "30.00 s" in (one.stepped() or "")


def test_a_process_that_is_held_up_saw_no_step() -> None:
    """Between two readings of one look anything may happen: it looks again, and is less sure."""
    one, hands = clock()
    hands.held_up = iter((4.0, 4.0))
    assert one.stepped() is None
    hands.held_up = iter((4.0,) * 100)
    assert one.stepped() is None


def test_the_clock_of_this_machine_goes_evenly() -> None:
    """Two looks at the real clocks, one right after the other."""
    one = Clock()
    assert one.stepped() is None
