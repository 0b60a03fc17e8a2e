"""How long it takes until 200 queries of panels are answered, on the live reference stack.

The dashboard is generated: the reference's own queries, and some of each kind that is dearer, each
with another range so that no two are equal. Expansion of variables is in the time.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from concurrent.futures import wait
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.figure import ROOT, Figure, NotMeasured, halves, interval, progress
from smokestack.drive.panels import Panels
from smokestack.judge import dashboards as judge
from smokestack.panels import PanelAnswer, PanelFile, Provisioned, Target
from smokestack.run import Run
from smokestack.settings import Settings
from smokestack.system import load_system

QUERIES = 200
ROUNDS = 9
BOUND_S = 5.0

PROMETHEUS = (
    'sum by (service, status) (rate(http_requests_total{{service=~"$service"}}[{window}s]))',
    (
        "histogram_quantile(0.95, sum by (service, le) "
        "(rate(http_request_duration_seconds_bucket[{window}s])))"
    ),
    "topk(5, rate(http_request_duration_seconds_bucket[{window}s]))",
    "max_over_time(process_resident_memory_bytes[{window}s])",
    "sum by (mode) (rate(node_cpu_seconds_total[{window}s]))",
    "{{__name__=~'node_.+'}} and on (instance) last_over_time(up[{window}s])",
)
LOKI = (
    'sum by (level) (count_over_time({{service_name=~"$service"}} | json [{window}s]))',
    '{{service_name=~"$service"}} | json | seq < {window}0000',
)
"""One in four is Loki's."""


def panels() -> tuple[PanelFile, ...]:
    """One panel a query."""
    made = []
    for number in range(QUERIES):
        source = "loki" if number % 4 == 3 else "prometheus"
        texts = LOKI if source == "loki" else PROMETHEUS
        text = texts[number // 4 % len(texts)].format(window=300 + number)
        made.append(PanelFile(f"panel {number}", "timeseries", (Target("A", source, text),)))
    return tuple(made)


def one_round(run: Run, provisioned: Provisioned) -> tuple[float, tuple[PanelAnswer, ...]]:
    """Expand and ask all of them: seconds, and what they gave."""
    started = time.perf_counter()
    queries = run.planned_panels(provisioned).queries()
    answers = Panels(run.clients, run.started_at).answers(queries, within_s=0.0).value or ()
    return time.perf_counter() - started, answers


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """The median of some rounds. Raises NotMeasured where a query gave no data."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(ROOT, "reference", "fast", Path(name), "native")
        run = Run(settings, load_system(ROOT, "reference"))
        try:
            run.start()
            run.await_first_scrapes()
            wait(run.gather([run.load("smoke")], None).all)
            own = run.provisioned()
            board = replace(own.dashboards[0], panels=panels())
            generated = Provisioned((board,), own.sources)
            took = []
            for number in range(rounds):
                progress(f"panels: round {number + 1} of {rounds}")
                seconds, answers = one_round(run, generated)
                took.append(seconds)
                if empty := [one for one in answers if not one.has_data]:
                    raise NotMeasured(f"{len(empty)} queries gave no data, such as {empty[0]}")
        finally:
            run.close(failed=False)
    kinds = Counter(one.query.kind for one in answers)
    samples = sum(one.found.samples for one in answers)
    return [
        Figure(
            "panels",
            f"{QUERIES} queries of panels, expanded and answered",
            median(took),
            "s",
            f"{rounds} rounds on a live native stack; the first took {took[0]:.2f} s",
            bound=BOUND_S,
            interval=interval(median, took),
            noise=f"{halves(took)} s",
            details=(
                (
                    f"{kinds['prometheus']} to Prometheus, {kinds['loki']} to Loki; "
                    f"{samples} samples and lines"
                ),
                judge.coverage(judge.seen(answers))["summary"],
            ),
        )
    ]
