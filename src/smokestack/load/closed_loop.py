"""The process that asks the arms: `python -m smokestack.load.closed_loop PLAN RESULT`.

One request after another over one kept connection an arm, in rounds: each arm has its turn on
each route, in an order that changes from round to round. An arm that fails is left out from then
on, and why is said. Ends after the last round, or after the round in which the time was over.
"""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from smokestack.load.priority import favour
from smokestack.wait import until

TIMEOUT_S = 10.0
CALM_S = 0.002
CALM_CPU_NS = 200_000
"""An arm that uses less CPU than this in `CALM_S` has nothing left to do for its last requests."""
CALM_WITHIN_S = 0.1
SETTLE = 3
"""Requests of each turn that are not measured: they bring the arm back into the caches."""


@dataclass(frozen=True)
class Plan:
    """What to do: `arms` name -> its address and the process ids of it that are known; `routes`
    name -> method and path. `first` is the number of the first round: it decides its order.
    """

    arms: dict[str, tuple[str, list[int]]]
    routes: dict[str, tuple[str, str]]
    rounds: int
    requests: int
    seconds: float
    first: int = 0
    cores: list[int] | None = None
    favoured: bool = False

    def write(self, path: Path) -> None:
        """Write it for the process."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True)
class Asking:
    """What came of one turn: nanoseconds of each request, and of CPU for each (None: unknown)."""

    arm: str
    route: str
    latencies_ns: list[int]
    cpu_ns: float | None


@dataclass
class Arm:
    """One arm: its connection, and the CPU time of its processes."""

    name: str
    url: str
    pids: Sequence[int]
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        """Connect at the first request."""
        parts = urlsplit(self.url)
        self.connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT_S
        )

    def ask(self, method: str, path: str) -> int:
        """Send one request and read its answer: nanoseconds. Raises OSError, or HTTPException,
        and ValueError where the status is not 2xx.
        """
        began = time.perf_counter_ns()
        self.connection.request(method, path)
        answer = self.connection.getresponse()
        answer.read()
        took = time.perf_counter_ns() - began
        if not 200 <= answer.status < 300:
            raise ValueError(f"it answered {method} {path} with status {answer.status}")
        return took

    def cpu_ns(self) -> int | None:
        """CPU time that its processes have used; None where none of them is known."""
        return sum(map(_cpu_ns, self.pids)) if self.pids else None

    def calm_down(self) -> None:
        """What it does after its answers, such as handing over spans, must not be in the turn of
        another arm.
        """
        if not self.pids:
            return
        last = self.cpu_ns() or 0

        def calm() -> bool:
            nonlocal last
            before, last = last, self.cpu_ns() or 0
            return last - before < CALM_CPU_NS

        until(calm, within_s=CALM_WITHIN_S, every_s=CALM_S)


def _cpu_ns(pid: int) -> int:
    """User and system time of a process. Linux has a clock for each, true to the nanosecond;
    psutil's figures are in ticks of 10 ms.
    """
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            return time.clock_gettime_ns((~pid << 3) | 2)  # CPUCLOCK_SCHED of linux/posix-timers.h
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return int((times.user + times.system) * 1e9)
    return 0


class Loop:
    """All rounds of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._arms = [Arm(name, *of) for name, of in plan.arms.items()]
        self.broken: dict[str, str] = {}
        self.rounds: list[list[Asking]] = []

    def run(self) -> None:
        """Ask, round after round, until there are enough or the time is over."""
        ends = time.monotonic() + self._plan.seconds
        gc.collect()
        gc.disable()
        for number in range(self._plan.rounds):
            self.rounds.append(list(self._round(self._plan.first + number)))
            if time.monotonic() >= ends:
                break

    def _round(self, number: int) -> Iterable[Asking]:
        for route, (method, path) in self._plan.routes.items():
            for arm in in_turn(self._arms, number):
                if arm.name not in self.broken and (one := self._turn(arm, route, method, path)):
                    yield one

    def _turn(self, arm: Arm, route: str, method: str, path: str) -> Asking | None:
        count = self._plan.requests
        try:
            before = arm.cpu_ns()
            for _ in range(SETTLE):
                arm.ask(method, path)
            latencies = [arm.ask(method, path) for _ in range(count)]
            arm.calm_down()
            after = arm.cpu_ns()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.broken[arm.name] = str(error) or type(error).__name__
            return None
        known = before is not None and after is not None
        cpu = ((after or 0) - (before or 0)) / (count + SETTLE) if known else None
        return Asking(arm.name, route, latencies, cpu)


def in_turn(arms: Sequence[Arm], number: int) -> list[Arm]:
    """The arms in the order of a round: each comes first in its turn, and every other time all go
    the other way round, so that none always follows the same one.
    """
    first = number // 2 % len(arms)
    order = [*arms[first:], *arms[:first]]
    return order if number % 2 == 0 else order[::-1]


def read(text: str) -> Plan:
    """A plan as `write` wrote it."""
    said: dict[str, Any] = json.loads(text)
    return Plan(**said)


def main(argv: Sequence[str]) -> int:
    """Do what the plan says, and write what came of it."""
    plan_file, result_file = map(Path, argv)
    plan = read(plan_file.read_text(encoding="utf-8"))
    if plan.cores is not None:
        os.sched_setaffinity(0, plan.cores)
    if plan.favoured:
        favour(os.getpid())
    loop = Loop(plan)
    loop.run()
    result = {"rounds": [[asdict(a) for a in one] for one in loop.rounds], "broken": loop.broken}
    fresh = result_file.with_suffix(".new")
    fresh.write_text(json.dumps(result), encoding="utf-8")
    fresh.replace(result_file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
