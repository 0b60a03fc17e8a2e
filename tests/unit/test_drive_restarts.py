"""Restarts as a stimulus: how many lie within a window, and what is said when too few do."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from smokestack.drive import restarts as restarting
from smokestack.drive.restarts import Restarts


def restarts(takes_s: float, window_s: float, scraped: Callable[[float], bool]) -> Restarts:
    """A stimulus whose restarts only take their time."""
    return Restarts("server", lambda _: time.sleep(takes_s), scraped, window_s)


def phases(stimulus: Restarts, *values: float) -> tuple[float, float, float]:
    """Apply each value; the moments when holding, driving and recovering began."""
    marks = []
    for value in values:
        marks.append(time.time())
        stimulus.apply(value)
    return marks[0], marks[1], time.time()


def test_below_and_above() -> None:
    """Two restarts, then four more."""
    one = restarts(0.01, 5.0, lambda _: True)
    told = one.told(*phases(one, 2, 4))
    assert (told.held, told.driven, told.shortfall) == (2, 4, None)
    assert len(one.done) == 6, "those of the hold leave the window first, and do not count"


def test_each_is_waited_for_until_it_was_scraped() -> None:
    """The next restart comes after a scrape of the one before."""
    seen: list[float] = []

    def scraped(since: float) -> bool:
        """Prometheus has scraped it when asked for the third time."""
        seen.append(since)
        return len(seen) % 3 == 0

    one = restarts(0.0, 5.0, scraped)
    one.apply(2)
    assert len(seen) == 6
    assert [began <= ended for began, ended in one.done] == [True, True]


def test_a_window_too_short_is_a_shortfall() -> None:
    """What could not be reached is said, so that the rule is not blamed."""
    one = restarts(0.2, 0.7, lambda _: True)
    told = one.told(*phases(one, 1, 4))
    assert told.driven is not None
    assert told.driven < 4
    assert told.shortfall is not None
    assert "so that no 4 lay within 0.7 s" in told.shortfall


def test_a_server_that_is_not_scraped_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up at once, and said."""
    monkeypatch.setattr(restarting, "SCRAPED_S", 0.1)
    one = restarts(0.0, 5.0, lambda _: False)
    told = one.told(*phases(one, 2, 4))
    assert told.shortfall == "server was not scraped within 0.1 s of a restart"
    assert len(one.done) == 1, "what nobody sees is not repeated"
