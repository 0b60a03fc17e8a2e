"""How long the warm native stack takes to be ready, over its slowest server alone.

Both by `stack.native.start`: the whole stack, and then with one service of it at a time, in turn,
so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.figure import ROOT, Figure, halves, interval, progress, ratio_of_medians
from smokestack.clients import ready_probe
from smokestack.run import new_run_id
from smokestack.stack import native
from smokestack.stack.pace import factor
from smokestack.stack.plan import Plan
from smokestack.system import load_system

ROUNDS = 7
BOUND = 1.5


def seconds_to_ready(keep: Path, only: Sequence[str] = ()) -> tuple[float, tuple[str, ...]]:
    """Start once, from nothing to every server ready; then end it. Also says what was started."""
    system = load_system(ROOT, "reference")
    plan = Plan(
        root=ROOT,
        system=system.system,
        run_id=new_run_id(),
        pace_factor=factor,
        application=system.application.services,
        keep=keep,
        only=tuple(only),
    )
    with ready_probe() as probe:
        started = time.monotonic()
        stack = native.start(plan, probe)
        took = time.monotonic() - started
    names = tuple(stack.ready_of)
    stack.close()
    return took, names


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """The ratio of the medians."""
    alone: dict[str, list[float]] = defaultdict(list)
    whole: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        keep = Path(directory)
        _, names = seconds_to_ready(keep)  # warms the page cache; not counted
        for number in range(rounds):
            progress(f"stack-ready: round {number + 1} of {rounds}")
            whole.append(seconds_to_ready(keep)[0])
            for name in names:
                alone[name].append(seconds_to_ready(keep, [name])[0])
    slowest = max(alone, key=lambda name: median(alone[name]))
    each = sorted(((median(times), name) for name, times in alone.items()), reverse=True)
    return [
        Figure(
            "stack-ready",
            f"whole stack ready, over {slowest} alone",
            ratio_of_medians(whole, alone[slowest]),
            "×",
            f"{rounds} starts each, medians {median(whole):.2f} s and "
            f"{median(alone[slowest]):.2f} s",
            bound=BOUND,
            interval=interval(ratio_of_medians, whole, alone[slowest]),
            noise=f"{halves(whole)} s",
            details=("alone: " + ", ".join(f"{name} {took:.2f} s" for took, name in each),),
        )
    ]
