"""How long a warm stack takes to be ready, over its slowest server alone.

Both by the `start` of a backend: the whole stack, and then with one service of it at a time, in
turn, so that what else the machine does falls on all alike. Natively everything counts; with
Docker what follows the call of `docker compose up`, with every image here.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figure import ROOT, Figure, NotHere, halves, interval, progress, ratio_of_medians
from smokestack.clients import ready_probe
from smokestack.errors import UsageError
from smokestack.run import new_run_id
from smokestack.stack import docker_start, native
from smokestack.stack.composition import compose
from smokestack.stack.docker import DockerStack
from smokestack.stack.engine_connect import connect
from smokestack.stack.native import NativeStack
from smokestack.stack.pace import factor
from smokestack.stack.plan import Plan
from smokestack.system import load_system

ROUNDS = 7
BOUND = 1.5


@dataclass(frozen=True)
class Started:
    """One start, ended again: seconds to ready, seconds to end it, and what was started."""

    ready_s: float
    close_s: float
    names: tuple[str, ...]


Start = Callable[[Plan], tuple[float, NativeStack | DockerStack]]
"""Starts a stack; says after how many seconds it was ready."""


def natively(plan: Plan) -> tuple[float, NativeStack]:
    """From nothing to every server ready."""
    with ready_probe() as probe:
        started = time.monotonic()
        stack = native.start(plan, probe)
        return time.monotonic() - started, stack


def in_containers() -> Start:
    """From the call of `docker compose up` to every server ready. Images are pulled now, once.

    Raises NotHere where no engine answers.
    """
    try:
        engine = connect()
    except UsageError as error:
        raise NotHere(error.message) from error
    try:
        composition = compose(plan_of(ROOT), engine, progress)
    finally:
        engine.close()

    def start(plan: Plan) -> tuple[float, DockerStack]:
        engine = connect()  # each stack closes its own
        composition.images.here = engine.images()  # with what the start before has built
        with ready_probe() as probe:
            stack = docker_start.start(plan, probe, engine, composition, progress)
        return stack.ready_s, stack

    return start


def plan_of(keep: Path, only: Sequence[str] = ()) -> Plan:
    """The whole reference stack at its own pace, or some services of it."""
    system = load_system(ROOT, "reference")
    return Plan(
        root=ROOT,
        system=system.system,
        run_id=new_run_id(),
        pace_factor=factor,
        application=system.application.services,
        keep=keep,
        only=tuple(only),
    )


def once(start: Start, plan: Plan) -> Started:
    """Start once; then end it."""
    took, stack = start(plan)
    ended = time.monotonic()
    stack.close()
    return Started(took, time.monotonic() - ended, tuple(stack.ready_of))


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """The ratio of the medians, natively."""
    return measured("stack-ready", natively, rounds)


def with_docker(rounds: int = ROUNDS) -> list[Figure]:
    """The ratio of the medians, in containers."""
    return measured("docker-ready", in_containers(), rounds)


def measured(bench: str, start: Start, rounds: int) -> list[Figure]:
    """The whole stack and each server of it alone, in turn."""
    alone: dict[str, list[float]] = defaultdict(list)
    whole: list[float] = []
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        keep = Path(directory)
        names = once(start, plan_of(keep)).names  # warms the page cache; not counted
        for number in range(rounds):
            progress(f"{bench}: round {number + 1} of {rounds}")
            all_of_it = once(start, plan_of(keep))
            whole.append(all_of_it.ready_s)
            ends.append(all_of_it.close_s)
            for name in names:
                alone[name].append(once(start, plan_of(keep, [name])).ready_s)
    slowest = max(alone, key=lambda name: median(alone[name]))
    each = sorted(((median(times), name) for name, times in alone.items()), reverse=True)
    return [
        Figure(
            bench,
            f"whole stack ready, over {slowest} alone",
            ratio_of_medians(whole, alone[slowest]),
            "×",
            f"{rounds} starts each, medians {median(whole):.2f} s and "
            f"{median(alone[slowest]):.2f} s",
            bound=BOUND,
            interval=interval(ratio_of_medians, whole, alone[slowest]),
            noise=f"{halves(whole)} s",
            details=(
                "alone: " + ", ".join(f"{name} {took:.2f} s" for took, name in each),
                f"ending it again: {median(ends):.2f} s, {min(ends):.2f} to {max(ends):.2f}",
            ),
        )
    ]
