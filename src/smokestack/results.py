"""The result model: plain, immutable values that every writer renders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = 1
"""Version of `run.json`. Fields are added without a new number, never renamed."""

EXIT_MISSED = 1
EXIT_USAGE = 4
EXIT_NOTHING = 5
EXIT_UNMEASURED = 6


class Verdict(StrEnum):
    """The four possible answers of a check. Only `met` and `skipped` let a run pass."""

    MET = "met"
    MISSED = "missed"
    UNMEASURED = "unmeasured"
    SKIPPED = "skipped"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of many: missed over unmeasured over met; all skipped, or none, is skipped."""
    seen = set(verdicts)
    for verdict in (Verdict.MISSED, Verdict.UNMEASURED, Verdict.MET):
        if verdict in seen:
            return verdict
    return Verdict.SKIPPED


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on. `repeat` is a shell command that asks the same again."""

    kind: str
    query: str
    observed: str
    expected: str
    repeat: str | None = None


class CauseKind(StrEnum):
    """What can be at the bottom of several checks."""

    ENDED = "ended"
    NOT_READY = "not-ready"
    UNREACHABLE = "unreachable"
    NO_ACCESS = "no-access"
    LOST = "lost"
    SURPLUS = "surplus"
    UNTIMED = "untimed"


@dataclass(frozen=True)
class Cause:
    """Why a check is not met that is not its own matter: other checks may have the same cause.

    `told` is what was seen, in one line; `server` is the one that it is about, if there is one;
    `signal` and `hop` say what was lost, and where; `signal` alone, of what there is too much.
    """

    kind: CauseKind
    told: str
    server: str | None = None
    signal: str | None = None
    hop: str | None = None


@dataclass(frozen=True)
class Finding:
    """One way in which a check is not met, and where the signal was lost if that is known."""

    detail: str
    lost_at: str | None = None


@dataclass(frozen=True)
class Measurement:
    """A figure with its unit, and the bound it was held against, if any."""

    name: str
    figure: float
    unit: str
    budget: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class HopTimes:
    """How long one hop of a signal's way took, over many events; all times are seconds.

    `waits_s` is how long it may hold an event back by its configuration, `allowed_p95_s` and
    `allowed_s` are that and a margin, for 95% and for each of the events. `told_by`: whose word it
    is. Figures are None for a hop that no server tells; `untold` then says so. A hop that is
    `part_of` another one lies within it.
    """

    name: str
    told_by: str
    events: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    max_s: float | None = None
    waits_s: float | None = None
    allowed_p95_s: float | None = None
    allowed_s: float | None = None
    part_of: str | None = None
    untold: str | None = None


@dataclass(frozen=True)
class Waterfall:
    """The way of one signal from its event to where it can be seen, hop by hop, in their order.

    `events` are so many `what`, such as lines.
    """

    signal: str
    what: str
    events: int
    hops: tuple[HopTimes, ...]


@dataclass(frozen=True)
class Judgement:
    """What a check concludes: the value that each test function in suites/ returns.

    `allowed_s` and `took_s` are seconds of waiting: the bound, and what was needed.
    """

    verdict: Verdict
    summary: str
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    allowed_s: float | None = None
    took_s: float | None = None
    measurements: tuple[Measurement, ...] = ()
    of_servers: bool = False
    """Whether it is about the servers themselves: it then holds although one of them went away."""
    polls: tuple[tuple[float, str], ...] = ()
    """While it waited: (seconds since it began to, what was seen from then on)."""
    waterfall: Waterfall | None = None
    cause: Cause | None = None


@dataclass(frozen=True)
class CheckResult:
    """One check as it stands in `run.json`. `subject` tells apart several uses of one id;
    `question` is what it asks, in one sentence. `file` and `line` (1-based) say where its test is,
    seen from pytest's root.
    """

    id: str
    suite: str
    subject: str
    duration_s: float
    judgement: Judgement
    question: str = ""
    file: str = ""
    line: int | None = None

    @property
    def name(self) -> str:
        """Id and subject."""
        return f"{self.id} {self.subject}".strip()

    @property
    def verdict(self) -> Verdict:
        """The judgement's verdict."""
        return self.judgement.verdict


@dataclass(frozen=True)
class ServerInfo:
    """A server that ran: its own version string, and seconds from start to ready."""

    name: str
    version: str
    ready_s: float


@dataclass(frozen=True)
class Change:
    """One duration that `--pace fast` rewrote: file or setting, key path, from, to."""

    where: str
    key: str
    before: str
    after: str


@dataclass(frozen=True)
class Incompressible:
    """A rule that runs as shipped at any pace, since dividing it would change what it means."""

    where: str
    key: str
    reason: str


@dataclass(frozen=True)
class Standin:
    """A server that stands in for another one of the same role, or an `image` that is not what
    it is called, and why.
    """

    name: str
    instead_of: str
    reason: str
    kind: str = "server"


@dataclass(frozen=True)
class LeftOut:
    """An optional server that the stack runs without, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class StackInfo:
    """How the stack under test was run."""

    backend: str
    ready_s: float
    servers: tuple[ServerInfo, ...] = ()
    changes: tuple[Change, ...] = ()
    standins: tuple[Standin, ...] = ()
    incompressible: tuple[Incompressible, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class StatusCounts:
    """How many requests had a status (None: no answer), one number a step."""

    status: int | None
    counts: tuple[int, ...]


@dataclass(frozen=True)
class OverTime:
    """A ledger over time: requests by status and by when they were sent, in steps of `step_s`
    seconds since the first of them.
    """

    step_s: float
    by: tuple[StatusCounts, ...]


@dataclass(frozen=True)
class LoadInfo:
    """A scenario that ran. Rates are requests per second; `shortfall` says when it reached less."""

    name: str
    scenario: str
    started_at: float
    duration_s: float
    requests: int
    asked_rate: float | None
    reached_rate: float
    by: tuple[Mapping[str, Any], ...] = ()
    shortfall: str | None = None
    over_time: OverTime | None = None


@dataclass(frozen=True)
class SeenOverTime:
    """What a server saw of the requests while the run went on, in steps since `started_at`
    (seconds since the epoch). Those of checks of one's own count too.
    """

    server: str
    started_at: float
    over_time: OverTime


@dataclass(frozen=True)
class Timeline:
    """When something changed: (seconds since the phase began, what was seen).

    `marks` are moments beside it: what was done to it, and who was told. `started_at` is when the
    phase began, in seconds since the epoch.
    """

    name: str
    events: tuple[tuple[float, str], ...]
    marks: tuple[tuple[float, str], ...] = ()
    started_at: float | None = None


@dataclass(frozen=True)
class RunResult:
    """Everything one run found out. `started_at` is seconds since the epoch."""

    run_id: str
    started_at: float
    duration_s: float
    system: str
    pace: str
    stack: StackInfo | None = None
    loads: tuple[LoadInfo, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    calls: tuple[Mapping[str, Any], ...] = ()
    matrix: Mapping[str, Any] = field(default_factory=dict)
    coverage: Mapping[str, Any] = field(default_factory=dict)
    interrupted: str | None = None
    seen: tuple[SeenOverTime, ...] = ()

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Every figure that the checks measured, in their order."""
        return tuple(m for check in self.checks for m in check.judgement.measurements)

    @property
    def waterfalls(self) -> tuple[Waterfall, ...]:
        """The ways of all signals whose latency was measured, in the order of their checks."""
        found = (check.judgement.waterfall for check in self.checks)
        return tuple(one for one in found if one is not None)

    @property
    def verdict(self) -> Verdict:
        """Worst verdict of all checks; a run that exercised nothing is `skipped`, not met."""
        return worst(check.verdict for check in self.checks)
