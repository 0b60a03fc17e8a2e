"""What one signal costs on one route, by one statistic: from paired rounds to a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smokestack.arms import AGAIN, OFF, Compared, Round, Statistic
from smokestack.judge.paired import Floats, Mean, error_at, mean
from smokestack.results import Verdict
from smokestack.system.overhead import Limit

MOST_ROUNDS = 100_000
"""Beyond this nobody waits for a decision."""


@dataclass(frozen=True)
class Question:
    """Which figure: of an arm, on a route, and what it is held against, if anything."""

    arm: str
    route: str
    statistic: Statistic
    limit: Limit | None = None


@dataclass(frozen=True)
class Cost:
    """A figure after so many rounds, in seconds a request. `alike` is the same of two arms
    without telemetry; what they seem to differ by widens `cost` on both sides. `over` is by how
    much the budget is exceeded, and `allowed` the budget in seconds.
    """

    question: Question
    rounds: int
    cost: Mean
    alike: Mean
    without: float
    over: Mean | None = None
    allowed: float = math.nan

    @property
    def too_noisy(self) -> bool:
        """Whether two arms that are alike could differ by as much as the budget."""
        return max(-self.alike.low, self.alike.high) > self.allowed

    @property
    def too_wide(self) -> bool:
        """Whether the machine, and not what is measured, is why nothing is decided."""
        return self.too_noisy or self.cost.half > self.allowed

    @property
    def verdict(self) -> Verdict:
        """By the whole interval, never by the figure alone."""
        if self.over is None or self.too_noisy:
            return Verdict.UNMEASURED
        if self.over.high < 0:
            return Verdict.MET
        return Verdict.MISSED if self.over.low > 0 else Verdict.UNMEASURED

    @property
    def needed(self) -> int | None:
        """After about how many rounds it would be decided, if all goes on like this: an interval
        shrinks with the square root of their number. None where no number would do.
        """
        systematic = abs(self.alike.value)
        over = self.over or Mean(math.nan, math.nan)
        gaps = [(abs(over.value) - systematic, over.half - systematic)]
        if self.too_noisy:
            gaps.append((self.allowed - systematic, self.alike.half))
        if any(not gap > 0 or math.isinf(half) for gap, half in gaps):
            return None
        more = max((half / gap) ** 2 for gap, half in gaps)
        rounds = math.ceil(self.rounds * max(more, 1.0)) + 1
        return rounds if rounds <= MOST_ROUNDS else None


def figures(rounds: Sequence[Round], arm: str, route: str, statistic: Statistic) -> Floats | None:
    """One figure a round; None where the statistic is not known of the arm."""
    found = [one[arm, route][statistic] for one in rounds if (arm, route) in one]
    if len(found) < len(rounds) or any(one is None for one in found):
        return None
    return np.array(found, dtype=np.float64)


def cost(rounds: Sequence[Round], question: Question, look: int) -> Cost | None:
    """What it costs after these rounds, at the `look`-th look; None where nothing is known."""
    at = (question.route, question.statistic)
    on, off, again = (figures(rounds, arm, *at) for arm in (question.arm, OFF, AGAIN))
    if on is None or off is None or again is None or not len(on):
        return None
    error = error_at(look)
    without, alike = (off + again) / 2, mean(off - again, error)
    allowed = _allowed(question.limit, without)
    return Cost(
        question,
        len(rounds),
        _widened(mean(on - without, error), alike),
        alike,
        float(without.mean()),
        None if allowed is None else _widened(mean(on - without - allowed, error), alike),
        math.nan if allowed is None else float(allowed.mean()),
    )


def decided(compared: Compared, question: Question) -> Cost | None:
    """The figure at the first look that decides, else at the last one."""
    last = None
    for number, rounds in enumerate(compared.looks, 1):
        last = cost(compared.rounds[:rounds], question, number)
        if last is not None and last.verdict is not Verdict.UNMEASURED:
            return last
    return last


def _widened(one: Mean, alike: Mean) -> Mean:
    """Two processes are never quite alike, and that does not go away with more rounds."""
    return Mean(one.value, one.half + abs(alike.value))


def _allowed(limit: Limit | None, without: Floats) -> Floats | None:
    if limit is None:
        return None
    if limit.share is not None:
        return limit.share * without
    return np.full(len(without), limit.seconds or 0.0)
