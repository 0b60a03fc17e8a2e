"""Writes `metrics.prom`: a run as Prometheus metrics, in the text format that node exporter's
textfile collector takes, so that smoke results can be graphed and alerted on.

Every series has the label `system`. Of each verdict there is a series that is 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from smokestack.report.causes import causes
from smokestack.report.files import written
from smokestack.report.text import printable
from smokestack.results import CheckResult, RunResult, Verdict

NAME = "metrics.prom"
OF_CHECK = ("suite", "check", "subject")
OF_FIGURE = (*OF_CHECK, "name", "unit")
FAMILIES = {
    "smokestack_run_info": ("What was run; always 1.", ("run_id", "pace", "backend")),
    "smokestack_run_start_timestamp_seconds": ("When the run began, in Unix time.", ()),
    "smokestack_run_duration_seconds": ("How long the run took in all.", ()),
    "smokestack_run_verdict": ("Whether this is the verdict of the run.", ("verdict",)),
    "smokestack_run_checks": ("How many checks have a verdict.", ("verdict",)),
    "smokestack_run_causes": ("How many causes the checks have that are not met.", ()),
    "smokestack_stack_ready_seconds": ("From the start until every server was ready.", ()),
    "smokestack_check_verdict": (
        "Whether this is the verdict of the check.",
        (*OF_CHECK, "verdict"),
    ),
    "smokestack_check_duration_seconds": ("How long the check took, with its waits.", OF_CHECK),
    "smokestack_load_requests": ("How many requests a load sent.", ("load",)),
    "smokestack_load_rate": ("Requests a second that a load reached.", ("load",)),
    "smokestack_measurement": ("A figure that a check measured, in its unit.", OF_FIGURE),
    "smokestack_measurement_budget": ("The bound that it was held against.", OF_FIGURE),
}
"""Name -> what it is, and its labels beside `system`."""

Sample = tuple[str, tuple[str, ...], float]
"""A family's name, the values of its labels, and the figure."""


def write(result: RunResult, folder: Path) -> Path:
    """Write `metrics.prom` beside `run.json`, whole or not at all. Raises UsageError."""
    return written(folder / NAME, render(result))


def render(result: RunResult) -> str:
    """The whole file."""
    registry = CollectorRegistry()
    registry.register(_Of(result))
    return generate_latest(registry).decode()


def families(result: RunResult) -> list[GaugeMetricFamily]:
    """The metrics of a run; of two samples with the same labels the last is kept."""
    found = {
        name: GaugeMetricFamily(name, text, labels=["system", *labels])
        for name, (text, labels) in FAMILIES.items()
    }
    latest = {(name, labels): figure for name, labels, figure in _samples(result)}
    for (name, labels), figure in latest.items():
        found[name].add_metric([printable(one) for one in (result.system, *labels)], float(figure))
    return list(found.values())


class _Of(Collector):
    """The metrics of one run, for prometheus-client to write."""

    def __init__(self, result: RunResult) -> None:
        self._result = result

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return families(self._result)


def _samples(result: RunResult) -> Iterator[Sample]:
    yield from _of_run(result)
    for load in result.loads:
        yield "smokestack_load_requests", (load.name,), load.requests
        yield "smokestack_load_rate", (load.name,), load.reached_rate
    for check in result.checks:
        yield from _of_check(check)


def _of_run(result: RunResult) -> Iterator[Sample]:
    backend = result.stack.backend if result.stack else ""
    yield "smokestack_run_info", (result.run_id, result.pace, backend), 1
    yield "smokestack_run_start_timestamp_seconds", (), result.started_at
    yield "smokestack_run_duration_seconds", (), result.duration_s
    yield "smokestack_run_causes", (), len(causes(result.checks))
    for verdict in Verdict:
        number = sum(check.verdict is verdict for check in result.checks)
        yield "smokestack_run_verdict", (verdict.value,), result.verdict is verdict
        yield "smokestack_run_checks", (verdict.value,), number
    if result.stack:
        yield "smokestack_stack_ready_seconds", (), result.stack.ready_s


def _of_check(check: CheckResult) -> Iterator[Sample]:
    of = (check.suite, check.id, check.subject)
    for verdict in Verdict:
        yield "smokestack_check_verdict", (*of, verdict.value), check.verdict is verdict
    yield "smokestack_check_duration_seconds", of, check.duration_s
    for one in check.judgement.measurements:
        figure = (*of, one.name, one.unit)
        yield "smokestack_measurement", figure, one.figure
        if one.budget is not None:
            yield "smokestack_measurement_budget", figure, one.budget
