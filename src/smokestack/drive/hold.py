"""Whether an alert was held below its threshold: evaluated there, and seen.

An alert that stays inactive says something about its threshold only where Prometheus evaluated its
rule, over a window of whose scrapes none is missing, and was looked at afterwards. Where the
machine stood still, the alert is held for longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from smokestack.judge.deadlines import HOLD_EVALUATIONS, MARGIN_S, Deadlines
from smokestack.observe.prometheus import Prometheus
from smokestack.wait import POLL_S, Waited, pause, until

T = TypeVar("T")

ASKED_EVERY_S = 1.0
"""How often Prometheus is asked when it evaluated a rule, where that is not more often."""

ROUNDS = 2
"""A look that is under way may have asked Prometheus before; the next one did not."""

ATTEMPTS = 3
"""How many windows are waited for in which every scrape came."""


@dataclass(frozen=True, slots=True)
class Held:
    """Since when an alert was held over a full window, in seconds since the epoch, how many
    evaluations it has borne, and why its window shows nothing, if it does not.
    """

    full_at: float
    evaluations: int
    lost: str | None


@dataclass
class Hold:
    """The hold of one alert, from when its window should be full of what it is held at.

    `evaluated` tells when its rule was evaluated last, in seconds by Prometheus' clock, None where
    there is none; `looks` how many looks saw anything; `troubled` why what Prometheus scraped since
    a moment (seconds since the epoch) says nothing. `window_s` is 0 for what shows at once.
    """

    alert: str
    window_s: float
    deadlines: Deadlines
    evaluated: Callable[[], float | None]
    looks: Callable[[], int]
    troubled: Callable[[float], str | None]
    alive: Callable[[], None]

    def last(self) -> Held:
        """Hold it. Raises ObservationError, StackError."""
        held = self._once()
        for _ in range(ATTEMPTS - 1):
            if held.lost is None:
                break
            pause(self.window_s, f"another window of {self.alert}, since in one {held.lost}")
            held = self._once()
        return held

    def _once(self) -> Held:
        full_at = time.time()
        seen = self._evaluations()
        lost = self.troubled(full_at - self.window_s) if self.window_s else None
        return Held(full_at, seen, lost)

    def _evaluations(self) -> int:
        """Wait until its rule was evaluated, and looked at after that; return how often it was."""
        told: set[float | None] = set()

        def evaluations() -> int:
            told.add(self.evaluated())
            return len(told - {None}) - 1  # what was told first may be of before

        held = self._await(
            evaluations,
            lambda often: often >= HOLD_EVALUATIONS,
            self.deadlines.held_s,
            min(ASKED_EVERY_S, self.deadlines.timings.evaluation_s),
        )
        seen = self.looks() + ROUNDS
        looked = self._await(self.looks, lambda looks: looks >= seen, MARGIN_S, POLL_S)
        return max(0, held.value or 0) if looked.met else 0

    def _await(
        self, ask: Callable[[], T], accept: Callable[[T], bool], within_s: float, every_s: float
    ) -> Waited[T]:
        def alive() -> T:
            self.alive()
            return ask()

        what = f"{self.alert} to be evaluated below its threshold"
        return until(alive, accept, within_s=within_s, every_s=every_s, what=what)


def longest_s(deadlines: Deadlines, window_s: float) -> float:
    """Seconds that a hold may last."""
    return ATTEMPTS * (deadlines.held_s + MARGIN_S + window_s)


def last_evaluation(prometheus: Prometheus, name: str) -> float | None:
    """When the rule of an alert was evaluated last, in seconds since the epoch by Prometheus'
    clock; None where it has no such rule. Raises ObservationError.
    """
    rules = (rule for rule in prometheus.rules(name) if rule.name == name)
    return max((rule.last_evaluation for rule in rules), default=None)
