"""What a container wrote to stdout and stderr, read from the engine's answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from smokestack.samples import Output


def output_of(lines: Iterable[str]) -> Output:
    """Count the lines that say something. Each begins with the time at which the engine got it."""
    parts = (line.partition(" ") for line in lines)
    times = [at for at, _, text in parts if text.strip()]
    return Output(len(times), _seconds(times[0]) if times else 0.0)


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
