"""Real requests as a stimulus: a share of which fails, so many a second, so slow, or none."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from smokestack.drive.stimulus import Told
from smokestack.load.control import STOP
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.samples import Request
from smokestack.system import Moves

DRAIN_S = 30.0
"""Seconds in which a scenario that was told to stop has drained its requests."""
SILENT_S = 1.0
"""Seconds within which a scenario that was told to send nothing has sent what was due before."""
WAY_S = 0.025
"""What a request takes on a busy machine beyond what it is asked to take."""


@dataclass
class Traffic:
    """A scenario of which one thing is moved. `keep` remembers its load for the report.

    What silence shows, it shows once the rule's window is without requests, and what ends it shows
    at once: a hold needs no full window then.
    """

    load: RunningLoad
    keep: Callable[[Load], Load]
    moves: Moves = "errors"
    rate: float = 5.0
    _phases: int = 0

    @property
    def fills_window(self) -> bool:
        """All but silence: a share, a rate and a quantile are of a whole window."""
        return self.moves != "silence"

    def prepare(self) -> None:
        """What fires for want of requests is quiet only with some."""
        if self.moves == "silence":
            self.apply(0.0)

    def apply(self, value: float) -> None:
        """Tell the scenario what it must be: a share, requests per second, seconds, or 1 for none
        and 0 for some.
        """
        self._phases += 1
        name = f"phase-{self._phases}"
        if self.moves == "errors":
            self.load.phase(name, error_ratio=value)
        elif self.moves == "latency":
            self.load.phase(name, latency_s=value)
        else:
            rate = value if self.moves == "rate" else self.rate * (value < 1)
            self.load.phase(name, rate=rate)

    def end(self) -> None:
        """Let the scenario drain."""
        self.load.phase(STOP)

    def told(self, hold_at: float, drive_at: float, recover_at: float) -> Told:
        """What the ledger has."""
        done = self.keep(self.load.finish(DRAIN_S))
        what, measure = _MEASURES[self.moves]
        # What was due when it was told to send nothing is still sent.
        settled = drive_at + (SILENT_S if self.moves == "silence" else 0.0)
        held, driven = (
            measure([r for r in done.ledger.requests if start <= r.sent_at < end])
            for start, end in ((hold_at, drive_at), (settled, recover_at))
        )
        slack = WAY_S if self.moves == "latency" else 0.0
        return Told(f"{what} in the ledger", held, driven, done.info.shortfall, slack)


def failed_share(sent: Sequence[Request]) -> float | None:
    """Share of requests that were answered with 400 or more; None of none."""
    statuses = [request.status for request in sent if request.status is not None]
    return sum(status >= 400 for status in statuses) / len(statuses) if statuses else None


def per_second(sent: Sequence[Request]) -> float | None:
    """Requests per second, by the time from the first to the last; None of fewer than two."""
    moments = [request.sent_at for request in sent]
    span = max(moments) - min(moments) if moments else 0.0
    return (len(sent) - 1) / span if span else None


def usual_seconds(sent: Sequence[Request]) -> float | None:
    """The median of what requests took, in seconds; None of none."""
    return statistics.median(request.latency_s for request in sent) if sent else None


def silence(sent: Sequence[Request]) -> float:
    """1 where nothing was sent, 0 where something was."""
    return 0.0 if sent else 1.0


_MEASURES: dict[Moves, tuple[str, Callable[[Sequence[Request]], float | None]]] = {
    "errors": ("share of failed requests", failed_share),
    "rate": ("requests per second", per_second),
    "latency": ("seconds that requests took", usual_seconds),
    "silence": ("1 for no requests", silence),
}
