"""`python -m benchmarks [NAME …]`: runs all benchmarks, or some, and prints one table of ratios.

Exit code 0 when everything that this machine has could be measured, 6 when something could not:
being over a bound is printed, and fails nothing. The same figures are written to
reports/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import ledger_cost, notice, overhead_aa, panels, reconcile, stack_ready, suites
from benchmarks.figure import ROOT, Figure, NotHere, NotMeasured, progress
from smokestack.errors import SmokestackError
from smokestack.results import EXIT_UNMEASURED

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "notice": notice.measure,
    "stack-ready": stack_ready.measure,
    "suites": suites.measure,
    "suites-nexo": suites.with_many_alerts,
    "docker-ready": stack_ready.with_docker,
    "docker-suites": suites.with_docker,
    "panels": panels.measure,
    "overhead-aa": overhead_aa.measure,
    "ledger-cost": ledger_cost.measure,
    "reconcile-jaeger": reconcile.with_jaeger,
    "reconcile-tempo": reconcile.with_tempo,
}
WIDTH = 150


def table(figures: list[Figure]) -> Table:
    """One row a figure; the ratio is the figure over its bound."""
    shown = Table(title="speed and size, from one run", title_justify="left")
    for name in ("benchmark", "figure", "bound", "figure/bound", "verdict", "how", "noise"):
        shown.add_column(name, overflow="fold")
    for one in figures:
        bound = f"{'≥' if one.at_least else '≤'} {one.bound:g} {one.unit}" if one.bound else ""
        spread = f", 95%: {one.interval[0]:.2f} to {one.interval[1]:.2f}" if one.interval else ""
        shown.add_row(
            f"{one.bench}: {one.what}",
            f"{one.value:.2f} {one.unit}",
            bound,
            f"{one.ratio:.2f}" if one.ratio is not None else "",
            one.verdict,
            one.how,
            one.noise + spread,
        )
    return shown


def run(names: list[str]) -> tuple[list[Figure], dict[str, str], dict[str, str]]:
    """All figures, why some could not be had, and why there is nothing here to measure others."""
    figures: list[Figure] = []
    unmeasured: dict[str, str] = {}
    not_here: dict[str, str] = {}
    for name in names:
        started = time.monotonic()
        try:
            figures += BENCHES[name]()
        except NotHere as error:
            not_here[name] = str(error)
        except (NotMeasured, SmokestackError, OSError, subprocess.SubprocessError) as error:
            unmeasured[name] = f"{type(error).__name__}: {error}"
        progress(f"{name}: done after {time.monotonic() - started:.0f} s")
    return figures, unmeasured, not_here


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"one or more of: {', '.join(BENCHES)}")
    names = parser.parse_args().name
    if unknown := sorted(set(names) - set(BENCHES)):
        parser.error(f"no benchmark {', '.join(unknown)}; known: {', '.join(BENCHES)}")
    before, started_at = os.getloadavg(), time.time()
    figures, unmeasured, not_here = run(names or list(BENCHES))
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table(figures))
    for one in figures:
        for line in one.details:
            print(f"  {one.bench}: {line}")
    for name, why in not_here.items():
        print(f"not measured: {name}: {why}")
    for name, why in unmeasured.items():
        print(f"could not be measured: {name}: {why}")
    machine = {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_before": before,
        "load_average_after": os.getloadavg(),
    }
    print(
        f"machine: {machine['cpus']} CPUs; load average {before[0]:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after: above {machine['cpus']} before, other programs took part"
    )
    path = ROOT / "reports" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    said = {
        "started_at": started_at,
        "duration_s": time.time() - started_at,
        "machine": machine,
        "figures": [one.as_json() for one in figures],
        "unmeasured": unmeasured,
        "not_here": not_here,
    }
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(ROOT)}")
    return EXIT_UNMEASURED if unmeasured else 0


if __name__ == "__main__":
    sys.exit(main())
