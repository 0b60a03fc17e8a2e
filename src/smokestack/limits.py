"""`smokestack limits`: steps up the rate until the pipeline loses, or cannot be driven further."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from smokestack.drive.under_load import Borne
from smokestack.errors import LoadError, ObservationError, StackError, UsageError
from smokestack.judge import limits as judge
from smokestack.judge.limits import Came, Found, Step
from smokestack.load.asked import AskedLoad
from smokestack.load.scenario import find_scenario
from smokestack.reconcile import reconciled
from smokestack.run import Run

FASTEST_GROWTH = 10.0
"""Beyond this factor from one step to the next, what is found is no rate any more."""

LONGEST_TEXT = 300
"""Characters of what a server or a scenario said that stand in a summary."""


@dataclass(frozen=True)
class Stepping:
    """How rates go up, in requests a second: from `start`, times `growth`, up to `highest`; each
    for `step_s` seconds, and all of them within `within_s`.
    """

    scenario: str = "steady"
    start: float = 50.0
    growth: float = 1.5
    highest: float = 2000.0
    step_s: float = 4.0
    within_s: float = 180.0

    def require(self) -> None:
        """Raise UsageError for steps that would lead nowhere."""
        if not 1 < self.growth <= FASTEST_GROWTH:
            raise UsageError(
                f"--growth {self.growth:g}: the rate must grow from step to step",
                hint=f"say a factor above 1 and up to {FASTEST_GROWTH:g}, such as --growth 1.5",
            )
        if self.highest < self.start:
            raise UsageError(
                f"--max-rate {self.highest:g} is below --start-rate {self.start:g}",
                hint="the first step would be beyond the last",
            )

    def rates(self) -> list[float]:
        """All rates, the highest one the last."""
        rates, rate = [], self.start
        while rate < self.highest:
            rates.append(rate)
            rate *= self.growth
        return [*rates, self.highest]


@dataclass(frozen=True)
class Limits:
    """The steps that were tried, and what they show."""

    stepping: Stepping
    steps: tuple[Step, ...]
    found: Found


def require_scenario(run: Run, stepping: Stepping) -> None:
    """Raise UsageError for a scenario that is none, before anything is started."""
    stepping.require()
    find_scenario(stepping.scenario, run.settings.root / "scenarios")


def step_up(run: Run, stepping: Stepping, tell: Callable[[Step], None]) -> Limits:
    """Try one rate after the other on the running stack of a run, until one is not clean."""
    steps: list[Step] = []
    ends_at = time.monotonic() + stepping.within_s
    over = f"its {stepping.within_s:g} s were over"
    for rate in stepping.rates():
        if time.monotonic() + stepping.step_s > ends_at:
            break
        steps.append(one_step(run, AskedLoad(stepping.scenario, rate, stepping.step_s)))
        tell(steps[-1])
        if steps[-1].came is not Came.CLEAN:
            break
    return Limits(stepping, tuple(steps), judge.find(steps, stepping.highest, over))


def one_step(run: Run, asked: AskedLoad) -> Step:
    """Send one load and see what arrives of it."""
    try:
        borne = run.bearer.bear(asked)
        run.running.check_alive()
    except (LoadError, ObservationError, StackError) as error:
        return judge.unknown(asked.rate, error.message.splitlines()[0][:LONGEST_TEXT])
    return _judged(run, borne)


def _judged(run: Run, borne: Borne) -> Step:
    signals = reconciled(run.system, run.clients, borne)
    return judge.step(
        borne.load.info,
        borne.load.ledger,
        borne.asked.rate,
        borne.effort,
        signals,
        borne.pressure,
    )
