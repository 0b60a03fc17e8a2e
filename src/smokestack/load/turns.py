"""Our end of the process that asks the arms: started, awaited, and read."""

from __future__ import annotations

import itertools
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smokestack import wait
from smokestack.arms import Round, Turn
from smokestack.errors import LoadError
from smokestack.load.closed_loop import Plan
from smokestack.processes import Spawner

LATE_S = 60.0
"""Beyond the time that its rounds may take: the last round, and Python's imports."""
STOP_S = 1.0


@dataclass(frozen=True)
class Asked:
    """What came of a plan: its rounds, and why an arm was left out."""

    rounds: tuple[Round, ...]
    broken: Mapping[str, str]


@dataclass
class Asker:
    """Runs plans, one process each."""

    spawner: Spawner
    folder: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def run(self, plan: Plan) -> Asked:
        """Ask as the plan says. Raises LoadError where the process failed, or was killed: what it
        had asked by then is not known.
        """
        name = f"arms-{next(self._numbers)}"
        asked, result = self.folder / f"{name}.plan.json", self.folder / f"{name}.result.json"
        plan.write(asked)
        child = self.spawner.spawn(
            f"load {name}",
            [sys.executable, "-m", "smokestack.load.closed_loop", str(asked), str(result)],
            env={key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ},
            cwd=self.folder,
            log=self.folder / f"{name}.log",
        )
        ended = wait.until(
            lambda: child.exit_code() is not None,
            within_s=plan.seconds + LATE_S,
            every_s=0.02,
            what=f"{plan.rounds} rounds of the arms",
        )
        if not ended.met:
            child.stop(within_s=STOP_S)
            raise LoadError(f"the requests to the arms had not ended after {ended.allowed_s:.0f} s")
        if child.exit_code() != 0 or not result.exists():
            log = child.log.read_text(encoding="utf-8", errors="replace").splitlines()
            raise LoadError(
                f"the process that asks the arms ended with exit code {child.exit_code()}: what it "
                f"had asked is not known. {' / '.join(log[-3:])}"
            )
        return read(result.read_text(encoding="utf-8"))


def read(text: str) -> Asked:
    """A result as the process wrote it."""
    said = json.loads(text)
    return Asked(tuple(map(_round, said["rounds"])), said["broken"])


def _round(turns: Sequence[Mapping[str, Any]]) -> Round:
    return {(one["arm"], one["route"]): turn(one["latencies_ns"], one["cpu_ns"]) for one in turns}


def turn(latencies_ns: Sequence[int], cpu_ns: float | None) -> Turn:
    """The statistics of one turn. A percentile is the smallest latency that so many do not pass
    (nearest rank).
    """
    ordered = sorted(latencies_ns)
    mean = sum(ordered) / len(ordered)
    return Turn(
        mean / 1e9,
        _rank(ordered, 0.5) / 1e9,
        _rank(ordered, 0.95) / 1e9,
        None if cpu_ns is None else cpu_ns / 1e9,
    )


def _rank(ordered: Sequence[int], share: float) -> int:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
