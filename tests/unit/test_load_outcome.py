"""A load that reached less than it was asked for says so."""

from __future__ import annotations

from smokestack.load import control
from smokestack.load.ledger_file import LedgerFile
from smokestack.load.outcome import MOST_STEPS, conclude, over_time
from smokestack.load.scenario import ScenarioSpec
from smokestack.results import OverTime, StatusCounts
from smokestack.samples import Ledger, Request

SPEC = ScenarioSpec("name", "smoke", "http://127.0.0.1:1")


def request(n: int, *, intended: float, sent: float, status: int | None = 200) -> Request:
    """A request of the ledger."""
    error = None if status else "TimeoutError: slow"
    return Request(
        n, "name", "GET", "/ping", status, intended, sent, 0.1, "a" * 32, "b" * 16, f"c{n}",
        error=error,
    )  # fmt: skip


def file(*requests: Request, asked: int | None = None, reason: str = control.TOLD) -> LedgerFile:
    """A ledger as read back."""
    return LedgerFile(Ledger(requests), asked, reason)


def test_a_load_that_kept_its_pace_has_no_shortfall() -> None:
    """101 requests at 10/s take 10 s."""
    kept = [request(n, intended=n / 10, sent=n / 10 + 0.001) for n in range(101)]
    info = conclude(SPEC, file(*kept, asked=101)).info
    assert (info.asked_rate, round(info.reached_rate, 1)) == (10.0, 10.0)
    assert (info.requests, info.shortfall) == (101, None)
    assert info.by == ({"method": "GET", "route": "/ping", "status": 200, "count": 101},)


def test_a_load_that_fell_behind_says_so() -> None:
    """Twice as long for the same requests is half the rate."""
    late = [request(n, intended=n / 10, sent=n / 5) for n in range(101)]
    info = conclude(SPEC, file(*late, asked=101)).info
    assert info.shortfall == "it reached 5.0 requests/s of 10.0 asked for"


def test_a_closed_loop_asks_for_no_rate() -> None:
    """It intends each request when it sends it."""
    asap = [request(n, intended=n / 7, sent=n / 7) for n in range(8)]
    info = conclude(SPEC, file(*asap)).info
    assert (info.asked_rate, info.reached_rate) == (None, 7.0)


def test_too_few_answers_are_said_with_their_reason() -> None:
    """Requests without an answer do not count as reached."""
    some = [request(n, intended=n, sent=n, status=None if n else 200) for n in range(4)]
    shortfall = conclude(SPEC, file(*some, asked=4, reason="all requests were sent")).info.shortfall
    assert shortfall is not None
    assert "1 of 4 requests were answered, 3 got no answer" in shortfall
    assert "3 times TimeoutError: slow" in shortfall


def test_an_early_end_is_said() -> None:
    """A scenario without a total runs until it is told to stop."""
    one = request(1, intended=1.0, sent=1.0)
    shortfall = conclude(SPEC, file(one, reason="its 5 s were over")).info.shortfall
    assert shortfall == "it ended before it was told to: its 5 s were over"


def test_no_request_at_all_is_a_shortfall() -> None:
    """An empty ledger never passes for a load."""
    load = conclude(SPEC, file())
    assert load.info.shortfall == f"no request was sent: {control.TOLD}"
    assert (load.info.duration_s, len(load.ledger)) == (0.0, 0)


def test_requests_over_time_are_counted_by_status_and_second() -> None:
    """By when they were sent, since the first of them; those without an answer on their own."""
    sent = [(10.2, 200), (10.9, 200), (11.3, 500), (12.5, None), (12.6, 200)]
    requests = [request(n, intended=0, sent=at, status=s) for n, (at, s) in enumerate(sent)]
    assert over_time(requests) == OverTime(
        1.0,
        (StatusCounts(None, (0, 0, 1)), StatusCounts(200, (2, 0, 1)), StatusCounts(500, (0, 1, 0))),
    )
    assert over_time([]) is None


def test_a_long_load_has_no_more_steps_than_a_page_can_show() -> None:
    """An hour: each step is as many whole seconds as it needs to be, and nothing is lost."""
    found = over_time([request(n, intended=0, sent=float(n)) for n in range(3601)])
    assert found
    [all_of] = found.by
    assert (found.step_s, sum(all_of.counts)) == (6.0, 3601)
    assert len(all_of.counts) <= MOST_STEPS + 1
