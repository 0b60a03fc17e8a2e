"""How long a read-only run takes that asks a stack of somebody else's, and how much it asks.

The reference plays that stack, natively, after traffic that this process sent; each of its answers
takes 20 ms longer. The run is a process of its own, and keeps to the rate of a stack file that says
nothing of one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import wait
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.delayed import delayed
from benchmarks.figure import ROOT, Figure, NotMeasured, halves, interval, progress
from smokestack.results import EXIT_UNMEASURED
from smokestack.run import Run
from smokestack.settings import Settings
from smokestack.system import load_system

RUNS = 5
DELAY_S = 0.02
BOUND_S = 15.0
BOUND_QUERIES = 150
LONGEST_S = 120.0
SERVERS = ("prometheus", "loki", "alertmanager", "jaeger", "traces-metrics")


def stack_file(folder: Path, addresses: Mapping[str, str]) -> Path:
    """What says where the stack answers."""
    lines = [f"  {name}: {{url: '{addresses[name]}'}}" for name in SERVERS]
    head = ("system: reference", "without: [cadvisor, container-logs]", "endpoints:")
    waits = "waits: {logs: 1s, traces: 1s}"
    file = folder / "staging.yaml"
    file.write_text("\n".join((*head, *lines, waits, "")), encoding="utf-8")
    return file


def one_run(file: Path) -> tuple[float, dict[str, Any]]:
    """Run all suites on it once, as a pipeline would: seconds, and run.json."""
    reports = file.parent / "reports"
    argv = [sys.executable, "-m", "pytest", "suites/", "-q", "-p", "no:cacheprovider"]
    argv += ["--stack", str(file), "--report-dir", str(reports)]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    started = time.monotonic()
    done = subprocess.run(
        argv, cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=LONGEST_S
    )
    took = time.monotonic() - started
    if done.returncode not in (0, 1, EXIT_UNMEASURED):  # its durations are not those that ship
        raise NotMeasured(f"exit code {done.returncode}:\n{done.stdout[-2000:]}")
    return took, json.loads((reports / "latest" / "run.json").read_text(encoding="utf-8"))


def measure(runs: int = RUNS) -> list[Figure]:
    """The median of some runs, and the most that one of them asked."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(ROOT, "reference", "fast", folder / "own", "native")
        run = Run(settings, load_system(ROOT, "reference"))
        try:
            run.start()
            run.await_first_scrapes()
            wait(run.gather([run.load(one) for one in run.system.application.traffic], None).all)
            roles = run.running.endpoints().by_role
            servers = {"jaeger" if role == "traces" else role: e.url for role, e in roles.items()}
            with delayed(servers, DELAY_S) as addresses:
                file = stack_file(folder, addresses)
                took, reports = [], []
                for number in range(runs):
                    progress(f"remote: run {number + 1} of {runs}")
                    seconds, report = one_run(file)
                    took.append(seconds)
                    reports.append(report)
        finally:
            run.close(failed=False)
    return _figures(took, reports)


def _figures(took: list[float], reports: list[dict[str, Any]]) -> list[Figure]:
    asked = [sum(call["count"] for call in report["calls"]) for report in reports]
    counts = Counter(one["verdict"] for one in reports[-1]["checks"])
    said = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))
    how = f"{len(took)} runs, {DELAY_S * 1000:.0f} ms an answer, 10 questions a second at most"
    most = sorted(reports[-1]["calls"], key=lambda call: -call["count"])[:5]
    return [
        Figure("remote", "a read-only run, from nothing to verdict", median(took), "s", how,
               bound=BOUND_S, interval=interval(median, took), noise=f"{halves(took)} s",
               details=(said,)),
        Figure("remote", "what a read-only run asks", float(max(asked)), "queries",
               f"the most of {len(asked)} runs", bound=BOUND_QUERIES, noise="counted",
               details=tuple(f"{c['count']} x {c['server']} {c['path']}" for c in most)),
    ]  # fmt: skip
