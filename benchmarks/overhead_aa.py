"""A against A: arms of the sample application that are alike, so that nothing is to be found.

Each run compares an arm without telemetry with two others without telemetry, by the code that
judges `overhead.*`. A verdict other than met against a budget of 1 ms is false or unmeasured; an
interval that 0 is not in is false at the strictest budget that could be. By hand,
`python -m benchmarks.overhead_aa 5` makes five runs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.figure import ROOT, Figure, NotMeasured, progress
from smokestack.arms import STATISTICS, Compared
from smokestack.drive import arms
from smokestack.drive.overhead import Laboratory, compare
from smokestack.judge.costs import Cost, Question, decided
from smokestack.judge.paired import ERROR
from smokestack.results import Verdict
from smokestack.stack.supervised import Supervisor
from smokestack.system.overhead import Limit, Overhead

RUNS = 20
BUDGET = Limit(0.001)
SECTION = {
    "budgets": [{"signal": "metrics", "statistic": "p95", "max": "1ms"}],
    "routes": {"quiet": "GET /api/v1/ping", "working": "GET /api/v1/orders"},
    "time_allowed": "20s",
    # The arm that would have metrics has none.
    "environment": {"metrics": {"APP_METRICS": "off"}},
}


def one_run(folder: Path) -> Compared:
    """Compare arms that are alike, with two looks."""
    section = Overhead.model_validate(SECTION)
    supervisor = Supervisor(folder / "supervisor.log")
    try:
        launches = arms.sample(section, "reference", ROOT, folder / "arms", None)
        lab = Laboratory(supervisor, folder / "arms", launches, "http_requests_total", None, 1.0)
        compared = compare(section, lab, lambda seen: len(seen.looks) < 2)
    finally:
        supervisor.close()
    if compared.broken or not compared.rounds:
        raise NotMeasured(f"the arms were not compared: {dict(compared.broken)}")
    return compared


def costs(compared: Compared, limit: Limit | None) -> list[Cost]:
    """All eight figures of a run."""
    asked = [
        Question("metrics", route, statistic, limit)
        for route in ("quiet", "working")
        for statistic in STATISTICS
    ]
    found = (decided(compared, one) for one in asked)
    return [one for one in found if one is not None]


def measure(runs: int = RUNS) -> list[Figure]:
    """How often something was found where there is nothing, over all runs and figures."""
    against: list[Cost] = []
    bare: list[Cost] = []
    for number in range(runs):
        progress(f"overhead-aa: run {number + 1} of {runs}")
        with tempfile.TemporaryDirectory() as name:
            compared = one_run(Path(name))
        against += costs(compared, BUDGET)
        bare += costs(compared, None)
    return [_false(runs, against, bare), _width(runs, bare)]


def _false(runs: int, against: list[Cost], bare: list[Cost]) -> Figure:
    verdicts = [one.verdict for one in against]
    found = [one for one in bare if not one.cost.low <= 0 <= one.cost.high]
    counts = ", ".join(f"{verdicts.count(one)} {one}" for one in Verdict if one in verdicts)
    return Figure(
        "overhead-aa",
        "false verdicts of arms that are alike, of all figures",
        (verdicts.count(Verdict.MISSED) + len(found)) / len(bare),
        "of 1",
        f"{runs} runs of {len(bare) // runs} figures, budget 1 ms: {counts}; intervals without 0: "
        f"{len(found)} of {len(bare)}",
        bound=ERROR,
        details=tuple(map(_told, bare)),
    )


def _width(runs: int, bare: list[Cost]) -> Figure:
    widths = sorted(one.cost.half * 1000 for one in bare)
    return Figure(
        "overhead-aa",
        "give or take, of arms that are alike",
        median(widths),
        "ms",
        f"median of {len(widths)} figures of {runs} runs; {widths[0]:.3f} to {widths[-1]:.3f}",
    )


def _told(one: Cost) -> str:
    asked = one.question
    return (
        f"{asked.route} {asked.statistic}: {one.cost.value * 1000:+.3f} ms, give or take "
        f"{one.cost.half * 1000:.3f}, after {one.rounds} rounds; {one.without * 1000:.3f} a request"
    )


if __name__ == "__main__":
    for figure in measure(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS):
        print(f"{figure.what}: {figure.value:.4f} {figure.unit} ({figure.how})")
        for line in figure.details:
            print(f"  {line}")
