"""Where the application with telemetry is held against the application without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smokestack.arms import Compared
from smokestack.clients import Clients
from smokestack.drive import arms
from smokestack.drive.overhead import Laboratory, compare
from smokestack.judge.overhead import is_open
from smokestack.stack.backend import Stack
from smokestack.system import System, given


@dataclass(frozen=True)
class Bench:
    """`root` is the checkout, `name` the folder of the system, `stack` where spans go to."""

    root: Path
    name: str
    system: System
    stack: Stack

    def compared(self, clients: Clients, traces_s: float) -> Compared:
        """All arms side by side, until their difference can be told or the time is over.
        `traces_s` is how long spans may take until they can be found, in seconds.
        """
        section = given(self.system.overhead)
        laboratory = Laboratory(
            self.stack.spawner,
            self._folder,
            self._launches(),
            self.system.metrics.requests,
            clients.of_traces if self.system.traces else None,
            traces_s,
            clients.calls,
        )
        return compare(section, laboratory, lambda compared: is_open(section, compared))

    @property
    def _folder(self) -> Path:
        return self.stack.folder / "overhead"

    def _launches(self) -> Mapping[str, arms.Launch]:
        """How each arm is started: the system's own way, or that of the sample application."""
        section, otlp = given(self.system.overhead), self.stack.endpoints().get("otlp")
        url = otlp.url if otlp else None
        if section.start:
            return arms.own(section, self.root / "systems" / self.name, url)
        return arms.sample(section, self.name, self.root, self._folder, url)
