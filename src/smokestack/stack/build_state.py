"""How far an installation is: one immutable state per server, changed from several threads."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from smokestack.stack.catalogue import ServerBuild

_LINKING = 0.1
"""The share of a build that the linker takes, after all packages are compiled."""
_LEAST = 0.05
"""The share of a first build that is left when all packages are compiled already."""
_TRUSTED = 0.05
"""The share of the work after which our own pace says more than the recorded seconds."""


class Phase(StrEnum):
    """What is being done for a server."""

    QUEUED = "queued"
    WAITING = "waiting for another install"
    FETCHING = "fetching modules"
    FETCHED = "fetched"
    COMPILING = "compiling"
    LINKING = "linking"
    DONE = "installed"
    CACHED = "already installed"
    FAILED = "failed"


OVER = (Phase.DONE, Phase.CACHED, Phase.FAILED)


@dataclass(frozen=True)
class State:
    """One server's state.

    `total` counts the packages that must be compiled, once known; `work_s` is the work in seconds
    of a first build on the reference machine, less what Go's own cache already has.
    """

    name: str
    work_s: float
    phase: Phase = Phase.QUEUED
    compiled: int = 0
    total: int | None = None
    began: float | None = None
    took_s: float | None = None

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        if self.phase in OVER:
            return 1.0
        if not self.total:
            return 1 - _LINKING if self.phase is Phase.LINKING else 0.0
        return (1 - _LINKING) * min(1.0, self.compiled / self.total)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the work on this server began."""
        if self.took_s is not None:
            return self.took_s
        return 0.0 if self.began is None else time.monotonic() - self.began


class Board:
    """The states of all servers of one installation."""

    def __init__(self, builds: Sequence[ServerBuild]) -> None:
        self._states = {build.name: State(build.name, build.cold_s) for build in builds}
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def states(self) -> tuple[State, ...]:
        """All states as they are now."""
        with self._lock:
            return tuple(self._states.values())

    def phase(self, name: str, phase: Phase) -> None:
        """A server entered a phase."""
        with self._lock:
            state = self._states[name]
            now = time.monotonic()
            began = now if state.began is None else state.began
            took_s = now - began if phase in OVER else None
            self._states[name] = dataclasses.replace(state, phase=phase, began=began, took_s=took_s)

    def fetched(self, name: str, *, packages: int, stale: int) -> None:
        """A server's modules are there; `stale` of its packages must be compiled."""
        with self._lock:
            state = self._states[name]
            work_s = state.work_s * max(_LEAST, stale / max(1, packages))
            self._states[name] = dataclasses.replace(
                state, phase=Phase.FETCHED, total=stale, work_s=work_s
            )

    def compiled(self, name: str) -> None:
        """One more package was begun to be compiled."""
        with self._lock:
            state = self._states[name]
            count = state.compiled + 1
            last = state.total is not None and count >= state.total
            phase = Phase.LINKING if last else Phase.COMPILING
            self._states[name] = dataclasses.replace(state, compiled=count, phase=phase)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the installation began."""
        return time.monotonic() - self._began

    def progress(self) -> tuple[float, float]:
        """Work done and work in all, in seconds of a first build on the reference machine."""
        states = [state for state in self.states() if state.phase is not Phase.CACHED]
        done = sum(state.work_s * state.share for state in states)
        return done, sum(state.work_s for state in states)

    def remaining_s(self) -> float:
        """About how many seconds the rest takes, at the pace seen so far."""
        done, work = self.progress()
        pace = done / self.elapsed_s if done > work * _TRUSTED else 1.0
        return (work - done) / pace
