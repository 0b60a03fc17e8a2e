"""Durations as the servers write them: parsed, divided, and written so that they are accepted.

Three styles, since the servers disagree:

    prometheus     `1h30m`, `250ms`, `15d`: whole numbers, units from large to small, no fraction;
                   exactly what `model.ParseDuration` of github.com/prometheus/common accepts
    go             `1.5s`, `1m0s`, `2h45m`: Go's `time.ParseDuration` (Tempo, the collector)
    milliseconds   `5000`: the integers in OpenTelemetry's environment variables

Everything is counted in whole milliseconds, the finest that Prometheus knows.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, get_args

Style = Literal["prometheus", "go", "milliseconds"]

_UNITS_MS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_GO_UNITS_MS = {
    "h": Decimal(3_600_000),
    "m": Decimal(60_000),
    "s": Decimal(1_000),
    "ms": Decimal(1),
    "us": Decimal("0.001"),
    "µs": Decimal("0.001"),  # U+00B5, as Go prints it
    "\u03bcs": Decimal("0.001"),  # U+03BC, which Go reads as well
    "ns": Decimal("0.000001"),
}
_PROMETHEUS = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+){unit})?" for unit in _UNITS_MS))
_GO_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(h|ms|m|s|us|µs|\u03bcs|ns)")
_GO = re.compile(rf"(?P<sign>[-+]?)(?P<parts>(?:{_GO_PART.pattern})+)")
_LONGEST_MS = (2**63 - 1) // 1_000_000
"""Go holds durations as nanoseconds in 63 bits: about 292 years."""


def parse(text: str, style: Style) -> Decimal:
    """The milliseconds that `text` means; ValueError with an example where it means none."""
    if style == "milliseconds":
        return _parse_milliseconds(text)
    return _parse_prometheus(text) if style == "prometheus" else _parse_go(text)


def _parse_prometheus(text: str) -> Decimal:
    if text == "0":
        return Decimal(0)
    match = _PROMETHEUS.fullmatch(text)
    if not text or not match:
        raise ValueError(f"not a Prometheus duration: {text!r} (write it like 1h30m or 250ms)")
    total = sum(int(count) * _UNITS_MS[unit] for unit, count in match.groupdict("0").items())
    if total > _LONGEST_MS:
        raise ValueError(f"duration out of range: {text!r}")
    return Decimal(total)


def _parse_go(text: str) -> Decimal:
    if text in {"0", "+0", "-0"}:
        return Decimal(0)
    match = _GO.fullmatch(text)
    if not match:
        raise ValueError(f"not a Go duration: {text!r} (write it like 1.5s or 1m30s)")
    parts = _GO_PART.findall(match["parts"])
    total = sum((Decimal(count) * _GO_UNITS_MS[unit] for count, unit in parts), Decimal(0))
    if total > _LONGEST_MS:
        raise ValueError(f"duration out of range: {text!r}")
    return -total if match["sign"] == "-" else total


def _parse_milliseconds(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]+", text.strip()):
        raise ValueError(f"not a number of milliseconds: {text!r} (write it like 5000)")
    return Decimal(text.strip())


def seconds(text: str, style: Style = "prometheus") -> float:
    """`text` in seconds."""
    return float(parse(text, style)) / 1000


def write(milliseconds: int, style: Style) -> str:
    """`milliseconds` as the servers themselves print it, so that a reader sees familiar text."""
    if style not in get_args(Style):
        raise ValueError(f"no such style of durations: {style!r}")
    if style == "milliseconds":
        return str(milliseconds)
    sign, size = ("-" if milliseconds < 0 else ""), abs(milliseconds)
    return sign + (_write_prometheus(size) if style == "prometheus" else _write_go(size))


def _write_prometheus(size: int) -> str:
    """Like `model.Duration.String`: years and weeks only where nothing remains."""
    text = ""
    for unit, length in _UNITS_MS.items():
        if unit in "yw" and size % length:
            continue
        count, size = divmod(size, length)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def _write_go(size: int) -> str:
    """Like `time.Duration.String`: `250ms`, `2.5s`, `1m0s`, `1h0m0s`."""
    if 0 < size < 1000:
        return f"{size}ms"
    minutes, rest = divmod(size, 60_000)
    text = f"{Decimal(rest).scaleb(-3).normalize():f}s"
    if minutes < 60:
        return f"{minutes}m{text}" if minutes else text
    return f"{minutes // 60}h{minutes % 60}m{text}"


def divided(milliseconds: Decimal | int, factor: float, floor_ms: int = 1) -> int:
    """The part of a duration that remains at this factor, in whole milliseconds.

    Never below `floor_ms`, unless the duration was shorter than that to begin with; zero, which
    turns things off or means at once, stays zero.
    """
    size = abs(Decimal(milliseconds))
    if not size:
        return 0
    part = int((size / Decimal(repr(factor))).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    shortest = min(Decimal(floor_ms), size)
    kept = max(1, int(shortest), part)
    return kept if milliseconds > 0 else -kept


def divide(text: str, factor: float, style: Style, floor_ms: int = 1) -> str:
    """`text` divided by `factor`, in the same style; `text` itself where nothing changes."""
    before = parse(text, style)
    after = divided(before, factor, floor_ms)
    return text if abs(after) >= abs(before) else write(after, style)


def from_timedelta(delta: timedelta) -> int:
    """Whole milliseconds of a timedelta, exactly."""
    return delta // timedelta(milliseconds=1)
