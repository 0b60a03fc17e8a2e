"""The requests that fail on purpose to drive alerts: their lines, and whether their traces came."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.drive.lives import load_of
from smokestack.drive.looks import Looks
from smokestack.drive.marked_traces import PAGE_LIMIT
from smokestack.judge.counting import expected_counts
from smokestack.judge.deadlines import Deadlines
from smokestack.judge.traces import expected_traces
from smokestack.load.outcome import Load
from smokestack.samples import Ledger, LogLine
from smokestack.system import Alert, System, given
from smokestack.wait import Waited, until

FAILED = 400
"""The lowest status of an answer that says that its request failed."""


@dataclass(frozen=True)
class Failed:
    """What came of the failed requests. `lacking`: ids of traces that are not there."""

    ledger: Ledger
    lines: tuple[LogLine, ...]
    expected_lines: int
    waited: Waited[float]
    traces: int
    lacking: tuple[str, ...]
    query: str


@dataclass
class Burst:
    """Error bursts of one run, which `names` names, and the looks at their lines."""

    system: System
    clients: Clients
    run_id: str
    names: tuple[str, ...]
    looks: Looks = field(init=False)
    began: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        self.looks = Looks(self._count)

    @property
    def selector(self) -> str:
        """All access events of failed requests of the bursts."""
        return queries.failed_selector(self.system, self.run_id, self.names, FAILED)

    def _count(self) -> float:
        window = time.time() - self.began + 2 * queries.SLACK_S
        query = f"sum(count_over_time({self.selector} [{window:.0f}s]))"
        found = self.clients.loki.count(query, time.time() + queries.SLACK_S)
        return sum(one.value for one in found)

    def failed(self, loads: Iterable[Load], deadlines: Deadlines) -> Failed:
        """What can be seen of the failed requests of some loads, once it had its time."""
        mine = [load.ledger for load in loads if load.info.name in self.names]
        every = sum(mine, Ledger())
        ledger = Ledger(tuple(r for r in every.requests if (r.status or 0) >= FAILED))
        wanted = expected_counts(self.system, ledger, "logs").total
        waited = until(
            self._count,
            lambda seen: seen >= wanted,
            within_s=deadlines.logs_s,
            describe=lambda seen: f"{seen:g} of {wanted} lines of failed requests",
            what="failed requests in Loki",
        )
        self.looks.end()
        if waited.error is not None:
            raise waited.error
        start, end = ledger.first_at - queries.SLACK_S, ledger.last_at + queries.SLACK_S
        lines = tuple(self.clients.loki.lines(self.selector, start, end)) if len(ledger) else ()
        traces, lacking = self._traces(ledger, deadlines)
        return Failed(ledger, lines, wanted, waited, traces, lacking, self.selector)

    def _traces(self, ledger: Ledger, deadlines: Deadlines) -> tuple[int, tuple[str, ...]]:
        """How many traces there must be, and those that are not there after their time."""
        if self.system.traces is None or not len(ledger):
            return 0, ()
        wanted = set(expected_traces(self.system, ledger))
        attribute = self.system.traces.load_attribute
        start = ledger.first_at - queries.SLACK_S

        def lacking() -> set[str]:
            found: set[str] = set()
            for name in self.names:
                mark, end = f"{self.run_id}-{name}", time.time() + queries.SLACK_S
                store = given(self.clients.of_traces)
                found |= store.ids(attribute, mark, start, end, limit=PAGE_LIMIT)
            return wanted - found

        waited = until(
            lacking,
            lambda few: not few,
            within_s=deadlines.traces_s,
            what="traces of failed requests",
        )
        if waited.error is not None:
            raise waited.error
        return len(wanted), tuple(sorted(waited.value or ()))


def bursts(alerts: Sequence[Alert]) -> tuple[str, ...]:
    """The loads by which alerts are driven whose requests fail on purpose."""
    lived = (alert for alert in alerts if alert.lived_through)
    return tuple(
        load_of(alert)
        for alert in lived
        if alert.driven.scenario is not None and alert.driven.moves == "errors"
    )
