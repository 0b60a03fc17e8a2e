"""What every benchmark hands back, and how much of it is noise."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
RESAMPLES = 2000
COUNTED = "counted"
"""The noise of a figure that has none."""


class NotMeasured(Exception):
    """Something stood in the way of a measurement: what, and what to do about it."""


class NotHere(NotMeasured):
    """This machine has not got what would be measured: said, and no failure."""


@dataclass(frozen=True)
class Figure:
    """One measured figure. `bound` is None for what is only worth knowing.

    `interval` is where the figure lies with 95% (None where one run gives it), `how` how it was
    measured, `details` what a reader needs to check it by hand.
    """

    bench: str
    what: str
    value: float
    unit: str
    how: str
    bound: float | None = None
    at_least: bool = False
    interval: tuple[float, float] | None = None
    noise: str = ""
    details: tuple[str, ...] = ()

    @property
    def ratio(self) -> float | None:
        """The figure as a share of its bound: 1 is just at it."""
        return self.value / self.bound if self.bound else None

    @property
    def verdict(self) -> str:
        """Whether it keeps its bound; an interval around the bound is said to be one."""
        if self.bound is None:
            return "no bound"
        better = self._inside(self.value)
        sure = all(self._inside(end) == better for end in self.interval or ())
        return ("met" if better else "over the bound") + ("" if sure else " (within the noise)")

    def _inside(self, value: float) -> bool:
        bound = self.bound or 0.0
        return value >= bound if self.at_least else value <= bound

    def as_json(self) -> dict[str, object]:
        """All of it, as reports/bench.json has it."""
        return asdict(self) | {"ratio": self.ratio, "verdict": self.verdict}


def progress(text: str) -> None:
    """Say on standard error what is being done."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def interval(
    statistic: Callable[..., float], *samples: Sequence[float], seed: int = 1
) -> tuple[float, float]:
    """The 95% bootstrap interval of a statistic of one or more samples."""
    dice = random.Random(seed)
    found = sorted(
        statistic(*(dice.choices(one, k=len(one)) for one in samples)) for _ in range(RESAMPLES)
    )
    return found[RESAMPLES // 40], found[-RESAMPLES // 40 - 1]


def ratio_of_medians(over: Sequence[float], under: Sequence[float]) -> float:
    """Median of one sample over that of another."""
    return median(over) / median(under)


def halves(samples: Sequence[float]) -> str:
    """A against A: the odd ones of a sample against the even ones, in words."""
    off = ratio_of_medians(samples[::2], samples[1::2]) if len(samples) > 1 else 1.0
    return f"A/A {off:.2f}, {min(samples):.2f} to {max(samples):.2f}"
