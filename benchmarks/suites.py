"""How long `pytest suites/` takes: over the floor that the configured intervals impose, and with
Docker over natively.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figure import (
    ROOT,
    Figure,
    NotHere,
    NotMeasured,
    halves,
    interval,
    progress,
    ratio_of_medians,
)
from benchmarks.floor import steps
from smokestack.drive.lives import why_not
from smokestack.errors import UsageError
from smokestack.run import Run
from smokestack.settings import Settings
from smokestack.stack.choice import require_possible
from smokestack.system import Alert, load_system
from smokestack.timings import Timings

RUNS = 5
PAIRS = 6
BOUND = 1.5
BOUND_S = 20.0
RUNS_MANY = 3
BOUND_MANY_S = 240.0
BOUND_DOCKER = 1.4
LONGEST_S = 300.0


def configured(directory: Path, system: str) -> tuple[Timings, float, list[Alert]]:
    """The durations of a stack that was started for it, by how much pace fast divided them, and
    the alerts that can be lived through in it.
    """
    run = Run(Settings(ROOT, system, "fast", directory, "native"), load_system(ROOT, system))
    try:
        run.start()
        lived = [alert for alert in run.system.alerts if alert.lived_through]
        can = [alert for alert in lived if why_not(alert, run.running) is None]
        return run.deadlines.timings, run.running.factor, can
    finally:
        run.close(failed=False)


DECIDED = (0, 6)
"""A run that could not tell a figure took its whole time for it: it counts, and is told with what
it judged. One that missed something did not do what is measured here.
"""


def one_run(
    directory: Path, backend: str = "native", system: str = "reference"
) -> tuple[float, dict[str, Any]]:
    """Run the suites once, as a user would: seconds from nothing to verdict, and run.json."""
    argv = [sys.executable, "-m", "pytest", "suites/", "-q", "-p", "no:cacheprovider"]
    argv += [
        "--pace",
        "fast",
        "--system",
        system,
        "--stack",
        backend,
        "--report-dir",
        str(directory),
    ]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    started = time.monotonic()
    done = subprocess.run(
        argv, cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=LONGEST_S
    )
    took = time.monotonic() - started
    if done.returncode not in DECIDED:
        last = "\n".join(done.stdout.splitlines()[-30:])
        raise NotMeasured(f"pytest suites/ ended with exit code {done.returncode}:\n{last}")
    return took, json.loads((directory / "latest" / "run.json").read_text(encoding="utf-8"))


def measure(runs: int = RUNS) -> list[Figure]:
    """The reference: the median of all runs, as seconds and over the floor."""
    return measured("suites", "reference", runs, BOUND_S)


def with_many_alerts(runs: int = RUNS_MANY) -> list[Figure]:
    """The system with the most alerts, each of which is lived through where that can be."""
    return measured("suites-nexo", "nexo-crm", runs, BOUND_MANY_S)


def measured(bench: str, system: str, runs: int, bound_s: float) -> list[Figure]:
    """All suites of one system, natively, as seconds and over their floor."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        timings, factor, alerts = configured(directory, system)
        took = []
        report: dict[str, Any] = {}
        for number in range(runs):
            progress(f"{bench}: run {number + 1} of {runs}")
            seconds, report = one_run(directory, system=system)
            took.append(seconds)
    floor = steps(timings, factor, alerts, report["loads"])
    least = sum(step.seconds for step in floor)
    low, high = interval(median, took)
    what = f"pytest suites/ --system {system}"
    how = f"{runs} runs, median {median(took):.2f} s, {len(alerts)} alerts lived through"
    noise = f"{halves(took)} s"
    breakdown = (*map(str, floor), f"{least:6.2f} s  the floor")
    return [
        Figure(bench, f"{what}, over the floor", median(took) / least, "×",
               f"{how}; floor {least:.2f} s", bound=BOUND,
               interval=(low / least, high / least), noise=noise, details=breakdown),
        Figure(bench, f"{what}, from nothing to verdict", median(took), "s", how,
               bound=bound_s, interval=(low, high), noise=noise),
    ]  # fmt: skip


def with_docker(pairs: int = PAIRS) -> list[Figure]:
    """The suites with Docker over the suites natively, in turn: A B B A and so on."""
    try:
        require_possible("docker")
    except UsageError as error:
        raise NotHere(error.message) from error
    took: dict[str, list[float]] = {"native": [], "docker": []}
    reports: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        one_run(directory, "docker")  # has the images; not counted
        for number in range(pairs):
            progress(f"docker-suites: pair {number + 1} of {pairs}")
            for backend in ("docker", "native") if number % 2 else ("native", "docker"):
                seconds, reports[backend] = one_run(directory, backend)
                took[backend].append(seconds)
    docker, native = took["docker"], took["native"]
    return [
        Figure(
            "docker-suites",
            "pytest suites/ --stack docker, over --stack native",
            ratio_of_medians(docker, native),
            "×",
            f"{pairs} runs each, in turn, medians {median(docker):.2f} s and "
            f"{median(native):.2f} s",
            bound=BOUND_DOCKER,
            interval=interval(ratio_of_medians, docker, native),
            noise=f"{halves(docker)} s; native {halves(native)} s",
            details=(
                *(f"{backend}: {_said(reports[backend])}" for backend in ("docker", "native")),
                "with Docker more is judged: containers are restarted beside the other checks",
            ),
        )
    ]


def _said(report: dict[str, Any]) -> str:
    """What a run judged, and how long its stack took to be ready."""
    counts = ", ".join(
        f"{number} {verdict}" for verdict, number in report["counts"].items() if number
    )
    assembled = sum(one["kind"] == "image" for one in report["stack"]["standins"])
    images = f", {assembled} of them from images assembled for tests" if assembled else ""
    servers = len(report["stack"]["servers"])
    return f"{counts}; {servers} servers ready in {report['stack']['ready_s']:.1f} s{images}"
