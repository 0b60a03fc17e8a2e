"""Waiting is bounded, keeps a timeline, and tells "not so" from "could not ask"."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from smokestack.errors import ServerExited, Unreachable
from smokestack.wait import UnderWay, Waited, holds_for, pause, under_way, until

SLACK_S = 5.0
"""How much later than wanted this machine may wake us up."""


def answers(*values: object) -> Callable[[], object]:
    """A probe that gives these answers in turn, the last one for ever; exceptions are raised."""
    left = list(values)

    def probe() -> object:
        value = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(value, Exception):
            raise value
        return value

    return probe


def seen(waited: Waited[object]) -> list[str]:
    """What the timeline says, without times."""
    return [poll.seen for poll in waited.polls]


def test_until_ends_with_the_first_answer_it_likes() -> None:
    """The value, and every change on the way to it, are kept."""
    waited = until(answers(0, 0, 1, 1, 3), lambda n: n == 3, within_s=60, every_s=0.001)
    assert waited.met
    assert waited.value == 3
    assert waited.took_s < 60
    assert seen(waited) == ["0", "1", "3"]
    assert [poll.at_s for poll in waited.polls] == sorted(poll.at_s for poll in waited.polls)
    assert waited.error is None


def test_until_asks_once_even_without_time() -> None:
    """A deadline that is over is no reason not to look."""
    assert until(lambda: True, within_s=0).met
    assert not until(lambda: False, within_s=0).met
    assert until(lambda: True, within_s=-1).met


@pytest.mark.parametrize("every_s", [0.01, 30.0], ids=["often", "seldom"])
def test_until_is_bounded(every_s: float) -> None:
    """It gives up at its deadline, however seldom it asks, and not before."""
    waited = until(lambda: 0, within_s=0.15, every_s=every_s)
    assert not waited.met
    assert waited.value == 0
    assert 0.15 <= waited.took_s < 0.15 + SLACK_S
    assert waited.allowed_s == 0.15
    assert str(waited).startswith("allowed 0.1 s, took ") or str(waited).startswith("allowed 0.2 s")


def test_until_asks_at_the_deadline_itself() -> None:
    """What comes true between the last poll and the deadline counts."""
    started = time.monotonic()
    waited = until(lambda: time.monotonic() - started >= 0.1, within_s=0.15, every_s=10)
    assert waited.met
    assert waited.took_s >= 0.1


def test_until_notices_within_100_ms() -> None:
    """The median of what a wait adds is below 100 ms with the default interval."""
    late = []
    for _ in range(9):
        ready = threading.Event()
        timer = threading.Timer(0.06, ready.set)
        timer.start()
        waited = until(ready.is_set, within_s=30)
        timer.join()
        late.append(waited.took_s - 0.06)
    assert statistics.median(late) < 0.1


def test_until_asks_again_when_it_could_not_ask() -> None:
    """An ObservationError is a turn in the timeline, not the end."""
    waited = until(answers(Unreachable("loki: no connection"), 1), within_s=60, every_s=0.001)
    assert waited.met
    assert waited.error is None
    assert seen(waited) == ["could not ask: loki: no connection", "1"]


def test_until_says_that_it_could_not_ask_at_last() -> None:
    """With the error of the last question "not so" is told from "not seen"."""
    gone = Unreachable("gone")
    waited = until(answers(1, gone), lambda n: n == 2, within_s=0.3, every_s=0.01)
    assert not waited.met
    assert waited.error is gone
    assert waited.value == 1


def test_other_exceptions_end_the_wait_at_once() -> None:
    """A server that exited will not answer any more."""
    with pytest.raises(ServerExited):
        until(answers(0, ServerExited("prometheus ended")), within_s=600, every_s=0.001)


def test_interrupt_ends_the_wait_at_once() -> None:
    """So does Ctrl-C."""

    def probe() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        until(probe, within_s=600)


def test_timeline_is_described_in_few_words() -> None:
    """A long answer is cut, a description of the caller's own is taken as it is."""
    assert len(seen(until(lambda: "x" * 1000, within_s=0))[0]) == 120
    described = until(lambda: 7, within_s=0, describe=lambda n: f"{n} of 7 events")
    assert seen(described) == ["7 of 7 events"]


def test_holds_for_is_met_after_the_whole_time() -> None:
    """It looks until the end, the end included."""
    asked: Iterator[int] = iter(range(1_000_000))
    waited = holds_for(lambda: next(asked), lambda n: n >= 0, for_s=0.1, every_s=0.01)
    assert waited.met
    assert 0.1 <= waited.took_s < 0.1 + SLACK_S
    assert next(asked) > 2


def test_holds_for_ends_with_the_answer_it_does_not_like() -> None:
    """What broke it is its value."""
    waited = holds_for(answers(0, 0, 1, 0), lambda n: n == 0, for_s=600, every_s=0.001)
    assert not waited.met
    assert waited.value == 1
    assert waited.took_s < 600
    assert seen(waited) == ["0", "1"]


def test_holds_for_looks_at_the_end() -> None:
    """What breaks between the last poll and the end is seen."""
    started = time.monotonic()
    waited = holds_for(
        lambda: time.monotonic() - started, lambda s: s < 0.1, for_s=0.15, every_s=10
    )
    assert not waited.met


def test_holds_for_is_not_met_by_silence() -> None:
    """A server that cannot be asked has not been seen to stay quiet."""
    gone = Unreachable("gone")
    waited = holds_for(answers(0, gone, 0), lambda n: n == 0, for_s=600, every_s=0.001)
    assert not waited.met
    assert waited.error is gone


def test_a_pause_and_a_hold_can_be_seen_too() -> None:
    """As long as they last."""
    seen: list[str] = []

    def look() -> str:
        seen.extend(one.what for one in under_way())
        return "so"

    holds_for(look, lambda _: True, for_s=0.02, every_s=0.01, what="what holds")
    assert set(seen) == {"what holds"}
    pausing = threading.Thread(target=pause, args=(0.3, "what is let pass"))
    pausing.start()
    assert until(lambda: [one.what for one in under_way()], within_s=5).value == [
        "what is let pass"
    ]
    pausing.join()
    assert under_way() == []


def test_pause_lets_time_pass() -> None:
    """It takes as long as it says, and no time for none."""
    before = time.monotonic()
    pause(0.05)
    assert time.monotonic() - before >= 0.05
    before = time.monotonic()
    pause(-600)
    pause(0)
    assert time.monotonic() - before < SLACK_S


def test_waits_that_say_what_for_are_under_way_while_they_last() -> None:
    """With what was seen last; none after its end, however it ended."""
    seen: list[UnderWay] = []

    def ask() -> bool:
        seen.extend(under_way())
        return len(seen) == 2

    until(ask, within_s=5, every_s=0.01, describe=lambda there: f"there: {there}", what="a server")
    assert [(one.what, one.allowed_s, one.seen) for one in seen] == [
        ("a server", 5, None),
        ("a server", 5, "there: False"),
    ]
    assert seen[1].took_s > 0
    until(lambda: seen.extend(under_way()), lambda _: True, within_s=5)  # says nothing
    with pytest.raises(ZeroDivisionError):
        until(lambda: 1 / 0, within_s=5, what="nothing")
    assert len(seen) == 2
    assert under_way() == []
