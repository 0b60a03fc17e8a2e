"""What may be sent to an application that somebody else runs, and how much of it is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from smokestack.errors import NotPermitted
from smokestack.leave import Leave
from smokestack.load.asked import AskedLoad
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.observe.calls import CallLog
from smokestack.stack_file import Remote
from smokestack.system import Application

NO_LOAD = (
    "load, and errors or delays on purpose, are for stacks that smokestack starts: here others "
    "would feel them"
)
"""Why what is more than ordinary traffic is not sent to somebody else's application."""


@dataclass
class Permit:
    """The leave that a stack file gives, for one run. `calls` is told what was sent."""

    remote: Remote
    application: Application
    calls: CallLog
    _opened: dict[str, int] = field(default_factory=dict)

    def leave(self, scenario: str, asked: AskedLoad | None) -> Leave:
        """How a scenario may be sent. Raises NotPermitted for any but the ordinary traffic, and
        where nothing may be sent.
        """
        if self.remote.leave is None:
            raise NotPermitted(f"{scenario} was to be sent without leave: {self.remote.path.name}")
        if asked is not None or scenario not in self.application.traffic:
            raise NotPermitted(f"scenario {scenario} is not ordinary traffic; {NO_LOAD}")
        return self.remote.leave

    def require(self, loads: Sequence[RunningLoad]) -> None:
        """All of these, which wait at their gates, are within what is left. Raises NotPermitted."""
        planned = {load.spec.name: _planned(load) for load in loads}
        number = sum(planned.values()) + sum(self._opened.values())
        allowed = self.leave(self.application.traffic[0], None).requests
        if number > allowed:
            parts = ", ".join(f"{n} of {name}" for name, n in (self._opened | planned).items())
            raise NotPermitted(
                f"{self.remote.path.name} allows {allowed} requests and {number} were to be sent "
                f"({parts}); none of {', '.join(planned)} was",
                hint=f"`traffic: {{requests: {number}}}`, if those who run it agree",
            )

    def open(self, load: RunningLoad) -> None:
        """Count one in whose gate is about to open. Raises NotPermitted."""
        self.require([load])
        self._opened[load.spec.name] = _planned(load)

    def sent(self, load: Load) -> None:
        """Note what one has sent, by route, as it is noted what servers were asked."""
        for request in load.ledger.requests:
            self.calls.add(
                self.application.entry,
                request.method,
                request.route,
                request.status,
                request.latency_s,
            )


def _planned(load: RunningLoad) -> int:
    load.await_ready()
    if load.planned is None:
        raise NotPermitted(f"scenario {load.spec.scenario} does not say how many requests it sends")
    return load.planned
