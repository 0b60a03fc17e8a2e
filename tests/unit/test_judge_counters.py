"""Counter differences between two scrapes: what may be believed, and what is said to be broken."""

from __future__ import annotations

import pytest

from smokestack.judge.counters import ScrapeWindow, deltas, restarted, scrape_windows
from smokestack.judge.counting import count_findings, expected_counts
from tests.unit.judged import AT, SYSTEM, ledger, request, sample

SENT = ledger(request(1), request(2))  # AT+1 to AT+2.5
WINDOW = ScrapeWindow("front", "front:1", AT, AT + 4, 0, 5)
NAME = "requests_total"


def difference(*points: tuple[float, float]) -> tuple[list[float], tuple[str, ...]]:
    """The differences and what is broken, of one series with these (seconds, value)."""
    found = deltas([sample(NAME, v, AT + at) for at, v in points], [WINDOW], {NAME})
    return list(found.by_labels.values()), found.broken


def test_the_difference_is_that_of_the_two_scrapes_around_the_load() -> None:
    """Scrapes before and after the window do not count."""
    assert difference((-1, 3), (0, 5), (2, 6), (4, 9), (5, 99)) == ([4], ())


def test_a_series_absent_before_counts_from_zero() -> None:
    """Its target was scraped then and did not have it, so it was zero."""
    assert difference((2, 3), (4, 7)) == ([7], ())


def test_without_an_opening_scrape_nothing_is_counted_from_zero() -> None:
    """A series that is absent because nobody looked is not zero."""
    blind = ScrapeWindow("front", "front:1", None, AT + 4, 1, 5)
    assert deltas([sample(NAME, 7, AT + 4)], [blind], {NAME}).by_labels == {}


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        pytest.param([(0, 5), (2, 1), (4, 9)], "was reset", id="reset"),
        pytest.param([(0, 5), (2, 6)], "vanished", id="vanished"),
        pytest.param([(2, 6)], "vanished", id="came and went"),
    ],
)
def test_a_reset_or_vanished_series_is_broken(
    points: list[tuple[float, float]], reason: str
) -> None:
    """Its difference says nothing, and that is said."""
    found, broken = difference(*points)
    assert found == []
    assert len(broken) == 1
    assert reason in broken[0]


def test_windows_open_before_the_first_request_and_close_after_the_last_answer() -> None:
    """A scrape that was still going on when the load began does not open it."""
    samples = [sample("up", 1, AT + at) for at in (0.2, 0.7, 1.5, 2.6, 3.1)]
    samples += [sample("scrape_duration_seconds", 0.5, AT + 0.7)]
    (window,) = scrape_windows(samples, SENT)
    assert (window.opened_at, window.closed_at) == (AT + 0.2, AT + 2.6)


def test_failed_scrapes_neither_open_nor_close_a_window() -> None:
    """A target that was down says nothing about its counters."""
    (window,) = scrape_windows([sample("up", 0, AT), sample("up", 0, AT + 4)], SENT)
    assert (window.opened_at, window.closed_at, window.failed) == (None, None, 2)


def test_a_restarted_instance_is_named() -> None:
    """Another process start time is another process."""
    start = "process_start_time_seconds"
    assert restarted([sample(start, 1, AT), sample(start, 2, AT + 1)]) == ["front:1"]
    assert restarted([sample(start, 1, AT), sample(start, 1, AT + 1)]) == []


def test_a_request_without_an_answer_widens_the_count_by_one_and_no_more() -> None:
    """Nobody knows whether the server counted it, so one more is fine and two are not."""
    expected = expected_counts(SYSTEM, ledger(request(1), request(2, status=None)), "metrics")
    back = ("back", "GET", "/both", "200")
    front = ("front", "GET", "/both", "200")
    assert count_findings(expected, {front: 1, back: 2}, "counted") == []
    details = [f.detail for f in count_findings(expected, {front: 0, back: 3}, "counted")]
    assert details == [
        "back: GET /both 200: expected 1 to 2 counted, seen 3 (+2)",
        "front: GET /both 200: expected 1 counted, seen 0 (-1)".replace(
            "1 counted", "1 to 2 counted"
        ),
    ]


def test_what_is_declared_as_no_copy_must_not_be_there() -> None:
    """Zero is expected, so one is a finding."""
    expected = expected_counts(SYSTEM, ledger(request(1, "/silent")), "logs")
    seen = {("front", "GET", "/silent", "200"): 1.0}
    assert [f.detail for f in count_findings(expected, seen, "logged")] == [
        "front: GET /silent 200: expected 0 logged, seen 1 (+1)"
    ]


def test_a_route_that_nobody_declared_is_a_finding() -> None:
    """Requests that no expectation covers are not passed over."""
    expected = expected_counts(SYSTEM, ledger(request(1, "/new")), "logs")
    assert "does not declare" in count_findings(expected, {}, "logged")[0].detail
