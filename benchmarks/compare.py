"""Figures of now against those that were kept: slower, faster, or cannot tell.

The ratio now/then is of two runs, perhaps months apart. It lies, with at least 95%, between the
lowest of now over the highest of then and the reverse. Only where that leaves 1 out is anything
said. A figure of a single run has no spread, so of that nothing can be told; one that was counted
is exact. Figures in seconds or megabytes are compared on the same machine alone; ratios that were
taken in one run on any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.figure import COUNTED, Figure
from benchmarks.measured import Measured

CANNOT_TELL = "cannot tell"
WORSE = {"MB": "larger"}
BETTER = {"MB": "smaller"}


@dataclass(frozen=True)
class Compared:
    """A figure now and then. `ratio` is None where there was none then."""

    bench: str
    what: str
    now: Figure
    then: Figure | None
    ratio: float | None
    between: tuple[float, float] | None
    verdict: str


def compare(now: Measured, then: Measured) -> Iterator[Compared]:
    """Every figure of now."""
    same = now.hardware == then.hardware
    for name, result in now.results.items():
        kept = then.results.get(name)
        known = {one.what: one for one in kept.figures} if kept else {}
        for one in result.figures:
            yield _compared(name, one, known.get(one.what), same_machine=same)


def _compared(name: str, now: Figure, then: Figure | None, *, same_machine: bool) -> Compared:
    if then is None:
        return Compared(name, now.what, now, None, None, None, f"{CANNOT_TELL}: new")
    if not then.value or now.unit != then.unit:
        text = f"{CANNOT_TELL}: {then.value:g} {then.unit} then"
        return Compared(name, now.what, now, then, None, None, text)
    between = _between(now, then)
    return Compared(
        name,
        now.what,
        now,
        then,
        now.value / then.value,
        between,
        _verdict(now, between, same_machine=same_machine),
    )


def _between(now: Figure, then: Figure) -> tuple[float, float] | None:
    first, second = _ends(now), _ends(then)
    if first is None or second is None or min(second) <= 0:
        return None
    return first[0] / second[1], first[1] / second[0]


def _ends(one: Figure) -> tuple[float, float] | None:
    return (one.value, one.value) if one.noise == COUNTED else one.interval


def _verdict(now: Figure, between: tuple[float, float] | None, *, same_machine: bool) -> str:
    if not same_machine and now.unit != "×":
        return f"{CANNOT_TELL}: another machine"
    if between is None:
        return f"{CANNOT_TELL}: one run has no spread"
    low, high = between
    if low == high == 1.0:
        return "the same"
    if low <= 1.0 <= high:
        return CANNOT_TELL
    if (low > 1.0) != now.at_least:
        return WORSE.get(now.unit, "slower")
    return BETTER.get(now.unit, "faster")
