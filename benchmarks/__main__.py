"""`python -m benchmarks [NAME …]`: runs all benchmarks, or some, and prints one table of ratios.

Exit code 0 when everything that this machine has could be measured, 6 when something could not:
being over a bound, or slower than before, is printed, and fails nothing. The figures are written
to reports/bench.json; kept in benchmarks/measured.json, each in the place of its own of before; and
shown in docs/performance.md. With `--compare` they are compared with those kept, and not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    compare,
    ledger_cost,
    measured,
    notice,
    overhead_aa,
    page,
    panels,
    reconcile,
    remote,
    stack_ready,
    suites,
)
from benchmarks.figure import ROOT, Figure, NotHere, NotMeasured, progress
from benchmarks.machine import Hardware, hardware, software
from benchmarks.measured import Measured, Result
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
    "remote": remote.measure,
    "overhead-aa": overhead_aa.measure,
    "ledger-cost": ledger_cost.measure,
    "reconcile-jaeger": reconcile.with_jaeger,
    "reconcile-tempo": reconcile.with_tempo,
    "reconcile-many": reconcile.exactly,
}
WIDTH = 150
REPORT = ROOT / "reports" / "bench.json"


def table(results: Mapping[str, Result]) -> Table:
    """One row a figure; the ratio is the figure over its bound."""
    shown = Table(title="speed and size, from one run", title_justify="left")
    for name in page.HEAD:
        shown.add_column(name, overflow="fold")
    for name, result in results.items():
        for one in result.figures:
            shown.add_row(*page.cells(name, one))
    return shown


def compared(now: Measured, then: Measured) -> Table:
    """One row a figure: now, then, and what that allows to say."""
    shown = Table(title="now against what was kept", title_justify="left")
    for name in ("benchmark", "what", "now", "then", "now/then", "spread (95%)", "verdict"):
        shown.add_column(name, overflow="fold")
    for one in compare.compare(now, then):
        before = f"{one.then.value:.2f} {one.then.unit}" if one.then else ""
        ratio = f"{one.ratio:.2f}" if one.ratio is not None else ""
        between = f"{one.between[0]:.2f} to {one.between[1]:.2f}" if one.between else ""
        value = f"{one.now.value:.2f} {one.now.unit}"
        shown.add_row(one.bench, one.what, value, before, ratio, between, one.verdict)
    return shown


def run(names: Iterable[str]) -> dict[str, Result]:
    """What each came to, or why it could not be had."""
    versions, found = software(), {}
    for name in names:
        started, load, today = time.monotonic(), os.getloadavg()[0], time.strftime("%Y-%m-%d")
        figures, why, not_here = _measure(name)
        found[name] = Result(figures, today, load, versions, why, not_here)
        progress(f"{name}: done after {time.monotonic() - started:.0f} s")
    return found


def _measure(name: str) -> tuple[tuple[Figure, ...], str, bool]:
    try:
        return tuple(BENCHES[name]()), "", False
    except NotHere as error:
        return (), str(error), True
    except (NotMeasured, SmokestackError, OSError, subprocess.SubprocessError) as error:
        return (), f"{type(error).__name__}: {error}", False


def _named(path: Path) -> str:
    """A file as a reader of the project finds it."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _report(machine: Hardware, results: Mapping[str, Result]) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    said = {
        "machine": asdict(machine),
        "figures": [one.as_json() for result in results.values() for one in result.figures],
        "benchmarks": {
            name: {**asdict(one), "figures": [figure.as_json() for figure in one.figures]}
            for name, one in results.items()
        },
    }
    REPORT.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {_named(REPORT)}")


def _keep(then: Measured, machine: Hardware, results: Mapping[str, Result]) -> None:
    """What could not be measured does not take the place of figures."""
    if not then.can_take(machine, set(results)):
        print(
            f"not kept: {_named(measured.FILE)} has figures of another machine "
            f"({then.hardware}). Run all benchmarks to replace them"
        )
        return
    if then.hardware != machine:
        then = Measured()
    fresh = {n: one for n, one in results.items() if one.figures or n not in then.results}
    now = then.with_these(machine, fresh)
    measured.write(now, measured.FILE)
    page.write(now, list(BENCHES), page.PAGE)
    print(f"kept in {_named(measured.FILE)} and {_named(page.PAGE)}")


def _show(results: Mapping[str, Result], then: Measured | None, machine: Hardware) -> None:
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for name, result in results.items():
        for one in result.figures:
            for line in one.details:
                print(f"  {name}: {line}")
        if not result.figures:
            print(f"{'not' if result.not_here else 'could not be'} measured: {name}: {result.why}")
        if result.load_average > machine.cores:
            print(f"{name}: other programs took part: load average {result.load_average:.1f}")
    print(f"machine: {machine}")
    console.print(table(results))
    if then is not None:
        console.print(compared(Measured(machine, results), then))


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"one or more of: {', '.join(BENCHES)}")
    parser.add_argument("--compare", action="store_true", help="with what was kept; keep nothing")
    chosen = parser.parse_args(argv)
    if unknown := sorted(set(chosen.name) - set(BENCHES)):
        parser.error(f"no benchmark {', '.join(unknown)}; known: {', '.join(BENCHES)}")
    try:
        then = measured.read(measured.FILE)
    except ValueError as error:
        parser.error(str(error))
    if chosen.compare and then.hardware is None:
        parser.error(f"nothing to compare with: there is no {_named(measured.FILE)}")
    results, machine = run(chosen.name or list(BENCHES)), hardware()
    _report(machine, results)
    if not chosen.compare:
        _keep(then, machine, results)
    _show(results, then if chosen.compare else None, machine)
    lacking = any(result.why and not result.not_here for result in results.values())
    return EXIT_UNMEASURED if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
