"""How any stage starts a child process without knowing who looks after it.

stack/ implements these with a supervisor that outlives us for as long as it takes to end every
child; load/ only uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Ran:
    """A program that ran to its end. `output` is what it wrote to standard output and error."""

    code: int
    output: str


class ChildProcess(Protocol):
    """A running, or ended, child. Its standard output and error go to `log`."""

    @property
    def name(self) -> str:
        """What we call it, as in messages."""

    @property
    def log(self) -> Path:
        """The file that has its output."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def exit_code(self) -> int | None:
        """None while it runs; a negative number is a signal."""

    def stop(self, *, within_s: float) -> None:
        """SIGTERM, and SIGKILL to its whole process group after `within_s` seconds."""


class Spawner(Protocol):
    """Starts children that never outlive us by more than two seconds."""

    def spawn(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
    ) -> ChildProcess:
        """Start `argv` in its own process group. `env` is its whole environment."""
