"""Where arms run: all on one core, and what asks them on another, where this machine lets us."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import StackError


@dataclass(frozen=True)
class Cores:
    """Which cores ask, and which answer; none where processes cannot be held to cores."""

    asking: tuple[int, ...] = ()
    arms: tuple[int, ...] = ()

    @classmethod
    def of_this_machine(cls) -> Cores:
        """The first one that we may use asks, the last one answers."""
        if not hasattr(os, "sched_getaffinity"):
            return cls()
        ours = sorted(os.sched_getaffinity(0))
        return cls((ours[0],), (ours[-1],)) if len(ours) > 1 else cls()

    def __str__(self) -> str:
        if not self.arms:
            return "not pinned to cores"
        return f"the arms on core {self.arms[0]}, what asks them on core {self.asking[0]}"

    def hold(self, pids: Iterable[int]) -> None:
        """Hold all threads of an arm to the core that answers. What they start later inherits it.
        Raises StackError where they cannot be held.
        """
        if not self.arms:
            return
        for thread in _threads(pids):
            try:
                os.sched_setaffinity(thread, self.arms)
            except ProcessLookupError:
                continue
            except OSError as error:
                raise StackError(f"thread {thread} of an arm cannot be pinned: {error}") from error


def _threads(pids: Iterable[int]) -> Iterator[int]:
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*"):
            yield int(thread.name)
