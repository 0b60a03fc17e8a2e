"""Times and durations as the servers write them, to seconds and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UNITS = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_UNITS |= {"ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|[ywdhms])")


def epoch(text: str) -> float:
    """RFC 3339 to seconds since the epoch; 0.0 for Go's zero time ('never'). Raises ValueError."""
    return max(0.0, datetime.fromisoformat(text).timestamp())


def rfc3339(at: float) -> str:
    """Seconds since the epoch as RFC 3339, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def seconds(text: str) -> float:
    """A Prometheus or Go duration (`1m30s`, `250ms`, `0`) to seconds. Raises ValueError."""
    parts = _PART.findall(text)
    understood = "".join(number + unit for number, unit in parts)
    if text != "0" and (not text or understood != text):
        raise ValueError(f"not a duration: {text!r}")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def milliseconds(seconds_: float) -> str:
    """Seconds as a duration that Prometheus and Loki read: whole milliseconds, at least one."""
    return f"{max(1, round(seconds_ * 1000))}ms"


def nanoseconds(at: float) -> int:
    """Seconds since the epoch as nanoseconds, as near as a float can say (about 0.2 µs)."""
    return round(at * 1e9)
