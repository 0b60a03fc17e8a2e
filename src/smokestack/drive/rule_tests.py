"""The unit tests of one alerting rule, as promtool reads them, from input on two sides of its
threshold.

What is asked of one input is one test, since promtool evaluates the rules anew for each; which
question failed is told by its expression.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from smokestack.alerting import RuleQuestion
from smokestack.system import Alert
from smokestack.system.true_time import ABSENT, Course, TrueTime, parts

SPARE = 10
"""Steps that input lasts beyond what a rule needs."""
EVALUATIONS = 4
"""Evaluations to a sample, so that a `for` is told exactly; where there is none, one is enough."""
LOOKS = 8
"""How often it is asked whether anything fires below the threshold."""
SURE = 2
"""Steps after which an alert fires that could fire now: a rate needs a second sample."""

Phase = tuple[Mapping[str, Course], int]
"""Input, and for how many samples."""


@dataclass(frozen=True)
class RuleTests:
    """Every question about one alert on one input. `name` tells it from all others.

    Two tests: `<name>: below`, and `<name>: above`, which asks the other questions of one input.
    """

    alert: Alert
    given: TrueTime
    name: str

    @property
    def every_s(self) -> float:
        """Seconds between two evaluations of the rules."""
        return evaluation(self.alert, self.given)

    def below(self) -> dict[str, Any]:
        """Nothing fires, whenever it is looked."""
        given, alert = self.given, self.alert
        samples = _steps(given, given.after + alert.for_s + alert.window) + SPARE
        last = (samples - 1) * given.step
        looks = [_down(n * last / LOOKS, self.every_s) for n in range(1, LOOKS + 1)]
        asked = [self._firing("below", at, 0) for at in looks]
        return self._test("below", [(given.below, samples)], asked)

    def above(self) -> dict[str, Any]:
        """It waits, fires, says what it must, and resolves."""
        given = self.given
        early, fires = moments(self.alert, given)
        gone = _up(fires + self.alert.window + (SURE + 1) * given.step, self.every_s)
        calm = given.calm or given.below
        phases: list[Phase] = [(given.above, _steps(given, fires) + 1)]
        phases += [(calm, _steps(given, gone - fires) + SPARE)]
        asked = [self._firing("fires", fires, 1), self._firing("resolves", gone, 0)]
        if early:
            asked.append(self._firing("waits", early, 0))
        return {**self._test("above", phases, asked), "alert_rule_test": [self._content(fires)]}

    def questions(self) -> Mapping[str, tuple[RuleQuestion, ...]]:
        """The name of each test -> what it asks."""
        waits: tuple[RuleQuestion, ...] = ("waits",) if moments(self.alert, self.given)[0] else ()
        above: tuple[RuleQuestion, ...] = ("fires", "content", "resolves", *waits)
        return {f"{self.name}: below": ("below",), f"{self.name}: above": above}

    @property
    def _start(self) -> int:
        """Samples of what there was before."""
        return _steps(self.given, self.given.earlier)

    def _at(self, seconds: float) -> str:
        return _time(self._start * self.given.step + seconds)

    def _test(
        self, side: str, phases: Sequence[Phase], asked: list[dict[str, Any]]
    ) -> dict[str, Any]:
        given = self.given
        history = (given.before or given.calm or given.below, self._start)
        return {
            "name": f"{self.name}: {side}",
            "interval": _time(given.step),
            "input_series": _series([history, *phases] if self._start else phases),
            "promql_expr_test": asked,
        }

    def _firing(self, question: RuleQuestion, at: float, number: int) -> dict[str, Any]:
        """How many alerts of that name fire at a moment; a comment says which question it is."""
        selector = f'ALERTS{{alertname="{self.alert.alert}",alertstate="firing"}}'
        return {
            "expr": f"count({selector}) or vector(0) {MARK}{question}",
            "eval_time": self._at(at),
            "exp_samples": [{"labels": "{}", "value": number}],
        }

    def _content(self, at: float) -> dict[str, Any]:
        """What the one that fires must carry, and nothing else."""
        expected = {
            "exp_labels": {**self.alert.labels, **self.alert.subject, **self.given.labels},
            "exp_annotations": dict(self.given.annotations),
        }
        name = self.alert.alert
        return {"alertname": name, "eval_time": self._at(at), "exp_alerts": [expected]}


MARK = "# "
"""What a question's name comes after in its expression, which promtool shows where it failed."""


def asked_by(failure: str) -> RuleQuestion | None:
    """Which question promtool says that failed; None where it says something else."""
    found = _ASKED.search(failure)
    if found:
        return cast("RuleQuestion", found[1])
    return "content" if _CONTENT.search(failure) else None


_ASKED = re.compile(rf"{MARK}(below|waits|fires|resolves)\b")
_CONTENT = re.compile(r"^\s*alertname: ", re.MULTILINE)


def moments(alert: Alert, given: TrueTime) -> tuple[float, float]:
    """Seconds of input above the threshold after which it must not fire yet, and must fire: both
    when its rule is evaluated.
    """
    due, every_s = given.after + alert.for_s, evaluation(alert, given)
    return max(0.0, _down(due - every_s, every_s)), _up(due + SURE * given.step, every_s)


def evaluation(alert: Alert, given: TrueTime) -> float:
    """Seconds between two evaluations."""
    return given.step / EVALUATIONS if alert.for_s else given.step


def _steps(given: TrueTime, seconds: float) -> int:
    return math.ceil(seconds / given.step)


def _down(seconds: float, every_s: float) -> float:
    return math.floor(seconds / every_s) * every_s


def _up(seconds: float, every_s: float) -> float:
    return math.ceil(seconds / every_s) * every_s


def _series(phases: Sequence[Phase]) -> list[dict[str, str]]:
    return [
        {"series": selector, "values": " ".join(_values(selector, phases))}
        for selector in phases[0][0]
    ]


def _values(selector: str, phases: Iterable[Phase]) -> Iterator[str]:
    """One series in promtool's notation."""
    last: float | None = None
    for inputs, number in phases:
        if inputs[selector] == ABSENT:
            yield f"_x{number}"
            continue
        course = parts(inputs[selector])
        start = course.start
        if last is not None and course.step is not None:
            start = last + course.step
        values = [start + (course.step or 0.0) * (n // course.every) for n in range(number)]
        yield from (f"{value:.15g}" for value in values)
        last = values[-1]


def _time(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
