"""Times and durations as servers write them."""

from __future__ import annotations

import pytest

from smokestack.observe.timestamps import epoch, milliseconds, nanoseconds, rfc3339, seconds


def test_nanoseconds_in_a_timestamp_are_read() -> None:
    """Prometheus writes nine digits, and trims zeros."""
    assert epoch("2026-11-21T08:02:38.108170036Z") == pytest.approx(1795248158.10817)
    assert epoch("2026-11-21T08:02:38.1Z") == pytest.approx(1795248158.1)
    assert epoch("2026-11-21T09:02:38+01:00") == 1795248158.0


def test_the_zero_time_of_go_is_never() -> None:
    """A target that was not scraped yet has no negative age."""
    assert epoch("0001-01-01T00:00:00Z") == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("15s", 15), ("250ms", 0.25), ("1m30s", 90), ("1d12h", 129_600), ("1.5s", 1.5), ("0", 0)],
)
def test_durations_are_read(text: str, expected: float) -> None:
    """Prometheus' and Go's ways of writing them."""
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "5", "5x", "s", "1m foo"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Half of a duration is never taken for the whole."""
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


def test_durations_are_written_in_milliseconds() -> None:
    """Prometheus knows nothing finer, and no empty range."""
    assert (milliseconds(2.5), milliseconds(0.0001)) == ("2500ms", "1ms")


def test_nanoseconds_keep_the_microseconds() -> None:
    """A float cannot hold more in this century."""
    assert abs(nanoseconds(1795248143.896597) - 1795248143896597000) < 500


def test_a_moment_is_written_as_it_is_read() -> None:
    """To the microsecond, in UTC."""
    assert epoch(rfc3339(1795248158.10817)) == pytest.approx(1795248158.10817)
