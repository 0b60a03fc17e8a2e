"""The unit tests of one alerting rule, as promtool reads them, from input on two sides of its
threshold.

Each question is a test of its own, so that the one that fails says what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from smokestack.alerting import RuleQuestion
from smokestack.system import Alert
from smokestack.system.true_time import ABSENT, Course, TrueTime, parts

SPARE = 10
"""Steps that input lasts beyond what a rule needs."""
EVALUATIONS = 4
"""Evaluations to a sample."""
LOOKS = 8
"""How often it is asked whether anything fires below the threshold."""
SURE = 2
"""Steps after which an alert fires that could fire now: a rate needs a second sample."""

Phase = tuple[Mapping[str, Course], int]
"""Input, and for how many samples."""


def questions(alert: Alert, given: TrueTime) -> list[dict[str, Any]]:
    """Every question about one alert; a test's name is `<alert>: <question>`."""
    due = given.after + alert.for_s
    fires = due + SURE * given.step
    gone = fires + alert.window + (SURE + 1) * given.step
    calm = given.calm or given.below
    low = [(given.below, _steps(given, due + alert.window) + SPARE)]
    driven = [(given.above, _steps(given, fires) + 1), (calm, _steps(given, gone - fires) + SPARE)]
    looks = [n * (low[0][1] - 1) * given.step / LOOKS for n in range(1, LOOKS + 1)]
    tests = [
        _test(alert, given, "below", low, [_firing(alert, at, 0) for at in looks]),
        _test(alert, given, "fires", driven, [_firing(alert, fires, 1)]),
        _test(alert, given, "content", driven, alerts=[_content(alert, given, fires)]),
        _test(alert, given, "resolves", driven, [_firing(alert, gone, 0)]),
    ]
    if early := moments(alert, given)[0]:
        tests.append(_test(alert, given, "waits", driven, [_firing(alert, early, 0)]))
    return tests


def moments(alert: Alert, given: TrueTime) -> tuple[float, float]:
    """Seconds of input above the threshold after which it must not fire yet, and must fire."""
    due = given.after + alert.for_s
    return max(0.0, due - evaluation(given)), due + SURE * given.step


def evaluation(given: TrueTime) -> float:
    """Seconds between two evaluations: several to a sample, so that a `for` is told exactly."""
    return given.step / EVALUATIONS


def _steps(given: TrueTime, seconds: float) -> int:
    return math.ceil(seconds / given.step)


def _test(
    alert: Alert,
    given: TrueTime,
    question: RuleQuestion,
    phases: Iterable[Phase],
    firing: list[dict[str, Any]] | None = None,
    alerts: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "name": f"{alert.alert}: {question}",
        "interval": _time(given.step),
        "input_series": _series(list(phases)),
        "promql_expr_test": firing or [],
        "alert_rule_test": alerts or [],
    }


def _firing(alert: Alert, at: float, number: int) -> dict[str, Any]:
    """How many alerts of that name fire at a moment."""
    selector = f'ALERTS{{alertname="{alert.alert}",alertstate="firing"}}'
    expected = [{"labels": "{}", "value": number}]
    return {
        "expr": f"count({selector}) or vector(0)",
        "eval_time": _time(at),
        "exp_samples": expected,
    }


def _content(alert: Alert, given: TrueTime, at: float) -> dict[str, Any]:
    """What the one that fires must carry, and nothing else."""
    expected = {
        "exp_labels": {**alert.labels, **alert.subject, **given.labels},
        "exp_annotations": dict(given.annotations),
    }
    return {"alertname": alert.alert, "eval_time": _time(at), "exp_alerts": [expected]}


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
