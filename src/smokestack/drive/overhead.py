"""Compares the arms: rounds, looks, and more rounds until all is decided or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smokestack.arms import AGAIN, OFF, Compared, Round
from smokestack.drive.arm_proofs import Proofs
from smokestack.drive.arms import Arms, Launch
from smokestack.drive.cores import Cores
from smokestack.load.closed_loop import Plan
from smokestack.load.priority import favour
from smokestack.load.turns import Asker
from smokestack.machine import Machine
from smokestack.observe.edge import CallLog
from smokestack.observe.traces import TraceStore
from smokestack.processes import Spawner
from smokestack.system.overhead import Overhead

REQUESTS = 30
"""Requests of one turn: short turns, in many rounds, are alike in what the machine does beside."""
WARM_REQUESTS = 150
"""Of each route, thrown away: an interpreter specialises what it runs often."""
WARM_S = 20.0
FIRST_LOOK = 12
"""Rounds until the first look; each look after it comes at twice as many."""
MOST_ROUNDS = 12_288
"""Whatever the time allowed is: what is remembered of them must fit."""

IsOpen = Callable[[Compared], bool]


@dataclass(frozen=True)
class Laboratory:
    """Where arms are run: what starts them, and what they are seen by."""

    spawner: Spawner
    folder: Path
    launches: Mapping[str, Launch]
    counter: str
    store: TraceStore | None
    traces_s: float
    calls: CallLog = field(default_factory=CallLog)


def compare(section: Overhead, laboratory: Laboratory, is_open: IsOpen) -> Compared:
    """Run the arms for as long as `is_open` says that something is not decided yet.

    Raises LoadError where the process that asks them failed, ObservationError where what they
    give cannot be seen.
    """
    lab = laboratory
    with Arms(section, lab.spawner, lab.folder, lab.launches, lab.calls) as arms:
        return _Comparison(section, lab, arms).run(is_open)


@dataclass
class _Comparison:
    section: Overhead
    lab: Laboratory
    arms: Arms
    rounds: list[Round] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    spent_s: float = 0.0
    _favoured: bool = False
    _machine: Machine = field(default_factory=Machine)

    def run(self, is_open: IsOpen) -> Compared:
        self._asker = Asker(self.lab.spawner, self.lab.folder)
        self._cores = Cores.of_this_machine()
        for arm in self.arms.whole():
            self._cores.hold(arm.pids())
        self._favoured = all(favour(pid) for arm in self.arms.whole() for pid in arm.pids())
        if not self._can_go_on():
            return self._compared({})
        self._ask(rounds=1, requests=WARM_REQUESTS, seconds=WARM_S)
        proofs = Proofs(self.section, self.lab.counter, self.lab.store, self.lab.traces_s)
        proofs.begin(self.arms.whole())
        while self._can_go_on() and is_open(self._compared({})) and self._look():
            pass
        return self._compared(proofs.end(self.arms.whole()))

    def _look(self) -> bool:
        """Ask until the next look; False where that was the last one."""
        due = 2 * self.looks[-1] if self.looks else FIRST_LOOK
        left = self.section.time_allowed - self.spent_s
        if left <= 0 or due > MOST_ROUNDS:
            return False
        before = time.monotonic()
        rounds = self._ask(rounds=due - len(self.rounds), requests=REQUESTS, seconds=left)
        self.spent_s += time.monotonic() - before
        self.rounds += rounds
        self.looks.append(len(self.rounds))
        return len(self.rounds) == due

    def _ask(self, *, rounds: int, requests: int, seconds: float) -> tuple[Round, ...]:
        whole = self.arms.whole()
        plan = Plan(
            {arm.name: (arm.url, arm.pids()) for arm in whole},
            {name: (one.method, one.path) for name, one in self.section.routes.named().items()},
            rounds,
            requests,
            seconds,
            first=len(self.rounds),
            cores=list(self._cores.asking) or None,
            favoured=self._favoured,
        )
        asked = self._asker.run(plan)
        for name, why in asked.broken.items():
            self.arms.broken[name] = self.arms.running[name].ended() or why
        return asked.rounds

    def _can_go_on(self) -> bool:
        """Whether there is still something to compare, and something to compare it with."""
        names = {arm.name for arm in self.arms.whole()}
        return {OFF, AGAIN} < names

    def _compared(self, seen: Mapping[str, Mapping[str, bool | None]]) -> Compared:
        return Compared(
            tuple(self.rounds),
            tuple(self.looks),
            dict(self.arms.broken),
            seen,
            REQUESTS,
            self.spent_s,
            self.section.time_allowed,
            str(self._cores) + (", before other processes" if self._favoured else ""),
            self._machine.short(),
        )
