"""Durations are read, divided and written the way each server does it."""

from __future__ import annotations

import pytest

from smokestack.stack import durations
from smokestack.stack.durations import Style


@pytest.mark.parametrize(
    ("text", "milliseconds", "printed"),
    [
        ("5m", 300_000, "5m"),
        ("1h30m", 5_400_000, "1h30m"),
        ("90m", 5_400_000, "1h30m"),
        ("250ms", 250, "250ms"),
        ("2s500ms", 2_500, "2s500ms"),
        ("0s", 0, "0s"),
        ("0", 0, "0s"),
        ("15d", 1_296_000_000, "15d"),
        ("14d", 1_209_600_000, "2w"),
        ("1y", 31_536_000_000, "1y"),
        ("100y", 3_153_600_000_000, "100y"),
    ],
)
def test_prometheus_durations(text: str, milliseconds: int, printed: str) -> None:
    """Prometheus durations are read and printed as Prometheus itself does."""
    assert durations.parse(text, "prometheus") == milliseconds
    assert durations.write(milliseconds, "prometheus") == printed


@pytest.mark.parametrize(
    ("text", "milliseconds", "printed"),
    [
        ("1.5s", 1_500, "1.5s"),
        ("200ms", 200, "200ms"),
        ("1m0s", 60_000, "1m0s"),
        ("2h45m", 9_900_000, "2h45m0s"),
        (".5s", 500, "500ms"),
        ("1m1m", 120_000, "2m0s"),
        ("-1s", -1_000, "-1s"),
        ("0", 0, "0s"),
        ("100000us", 100, "100ms"),
    ],
)
def test_go_durations(text: str, milliseconds: int, printed: str) -> None:
    """Go durations are read and printed as Go itself does."""
    assert durations.parse(text, "go") == milliseconds
    assert durations.write(milliseconds, "go") == printed


@pytest.mark.parametrize(
    ("text", "style"),
    [
        *((text, "prometheus") for text in ("", "5", "1.5s", "1m1h", "5m5m", "-5m", "5 m", "5M")),
        *((text, "prometheus") for text in ("300y", "\uff11s")),
        *((text, "go") for text in ("", "5", "1d", "s", "1.5", "1m 1s", "3000000h")),
        *((text, "milliseconds") for text in ("", "5s", "-1", "1.5", "${DELAY}")),
    ],
)
def test_what_is_no_duration(text: str, style: Style) -> None:
    """What a server would refuse is refused here, by name."""
    with pytest.raises(ValueError, match=r"duration|milliseconds"):
        durations.parse(text, style)


@pytest.mark.parametrize(
    ("text", "factor", "style", "expected"),
    [
        ("5m", 60, "prometheus", "5s"),
        ("5m", 120, "prometheus", "2s500ms"),
        ("5s", 60, "prometheus", "83ms"),
        ("1ms", 120, "prometheus", "1ms"),
        ("0s", 120, "prometheus", "0s"),
        ("90m", 1, "prometheus", "90m"),
        ("5m", 120, "go", "2.5s"),
        ("200ms", 60, "go", "3ms"),
        ("500us", 60, "go", "500us"),
        ("1.5h", 60, "go", "1m30s"),
        ("5000", 60, "milliseconds", "83"),
        ("10", 120, "milliseconds", "1"),
    ],
)
def test_dividing(text: str, factor: float, style: Style, expected: str) -> None:
    """A divided duration keeps its style, is never below 1 ms, and zero stays zero."""
    assert durations.divide(text, factor, style) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("200ms", "50ms"), ("20ms", "20ms"), ("6s", "100ms"), ("0s", "0s")]
)
def test_floor(text: str, expected: str) -> None:
    """Nothing is divided below the floor, and nothing shipped below it is lengthened."""
    assert durations.divide(text, 60, "go", floor_ms=50) == expected


def test_writing_reads_back() -> None:
    """Whatever is written reads back as the same number of milliseconds."""
    sizes = [1, 999, 1_000, 1_001, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_001, 10**12 + 7]
    for size in sizes:
        for style in ("prometheus", "go", "milliseconds"):
            assert durations.parse(durations.write(size, style), style) == size


def test_seconds() -> None:
    """Seconds are what people and deadlines count in."""
    assert durations.seconds("1m30s") == 90.0
    assert durations.seconds("1.5s", "go") == 1.5
