"""What a machine had of CPU time: used, idle, and kept by its host."""

from __future__ import annotations

from smokestack.machine import Machine, Reading, read


class Kernel:
    """Its counters, turned by hand: seconds of all cores."""

    def __init__(self) -> None:
        self.now = Reading(at=1000.0, total=500.0, idle=400.0, stolen=10.0)

    def passes(self, seconds: float, *, idle: float = 0.0, stolen: float = 0.0) -> None:
        """So many seconds of all cores, these of them idle or stolen."""
        was = self.now
        self.now = Reading(
            was.at + seconds, was.total + seconds, was.idle + idle, was.stolen + stolen
        )


def machine() -> tuple[Machine, Kernel]:
    """A machine, and what moves it."""
    kernel = Kernel()
    return Machine(lambda: kernel.now), kernel


def test_busy_is_what_was_not_idle() -> None:
    """Since it was made, whatever was before."""
    one, kernel = machine()
    kernel.passes(10, idle=4)
    assert one.busy() == 0.6


def test_what_the_host_keeps_is_told_since_a_moment() -> None:
    """From the last look before it; a fifth is borne."""
    one, kernel = machine()
    kernel.passes(10, stolen=8)
    assert one.short() == "the host of this virtual machine kept 80% of its CPU time (steal)"
    one.look()
    kernel.passes(10, stolen=2)
    assert one.short(since=1012) is None
    assert one.stolen(since=1012) == 0.2
    assert one.stolen(since=1009) == 0.5


def test_no_time_at_all_says_nothing() -> None:
    """Asked twice in a moment."""
    one, _ = machine()
    assert (one.busy(), one.stolen(), one.short()) == (0.0, 0.0, None)


def test_this_machine_tells() -> None:
    """Of itself, whatever it is."""
    told = read()
    assert 0 <= told.idle <= told.total
    assert 0 <= told.stolen <= told.total
