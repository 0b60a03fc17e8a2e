"""resources.*: do the servers stay within what they may use, under load and idle?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from smokestack.judge.conclude import conclude, named, skipped, unmeasured
from smokestack.results import Evidence, Finding, Judgement, Measurement, Verdict
from smokestack.system import ServerLimits, given
from smokestack.system.resources import Idle, MeasuredByOthers
from smokestack.usage import Used

MIB = 1024**2

TICK_S = 0.01
"""CPU time is told in hundredths of a second (`sysconf(_SC_CLK_TCK)` on Linux and macOS)."""

FULL = 0.95
"""The share of its limit from which a server that its quota holds back may want more than that."""

LEAST_S = 0.9
"""Seconds over which CPU must have been followed: an engine tells about once a second, and over
less a tick is more than a per cent.
"""


@dataclass(frozen=True)
class Figure:
    """A figure that has a limit: its name, how it is got, what is allowed, and how it is said."""

    name: Literal["memory", "cpu", "open-files"]
    word: str
    unit: str
    of: Callable[[Used], float | None]
    most: Callable[[ServerLimits], float | None]
    said: Callable[[float], str]
    denied: Callable[[Used], float] = lambda _: 0.0
    """For which share of the time a server was not let use more."""


def cores_of(used: Used) -> float | None:
    """The cores used on average; None where that was not followed for long enough."""
    return used.cores if used.seconds >= LEAST_S else None


MEMORY = Figure(
    "memory", "memory", "B", lambda used: used.peak("memory"), lambda most: most.memory,
    lambda value: f"{value / MIB:.0f} MiB",
)  # fmt: skip
CPU = Figure(
    "cpu", "CPU under load", "cores", cores_of, lambda most: most.cpus,
    lambda value: f"{value:.2f} cores", lambda used: used.held,
)  # fmt: skip
OPEN_FILES = Figure(
    "open-files", "open files", "files", lambda used: used.peak("open_files"),
    lambda most: most.open_files, lambda value: f"{value:.0f} open files",
)  # fmt: skip


@dataclass(frozen=True)
class Pace:
    """By what durations are divided, and whose work therefore comes more often."""

    factor: float = 1.0
    servers: Collection[str] = ()


@dataclass(frozen=True)
class Row:
    """A server, what was seen of it, and what it may use at most."""

    server: str
    value: float | None
    most: float | None
    denied: float = 0.0

    @property
    def judged(self) -> bool:
        """Whether there is something to compare."""
        return self.value is not None and self.most is not None

    @property
    def exceeds(self) -> bool:
        """Whether it uses more than it may."""
        return self.value is not None and self.most is not None and self.value > self.most

    @property
    def starved(self) -> bool:
        """Whether it used all that it was let, and was held back then: it may want more."""
        held_back = self.judged and not self.exceeds and self.denied > 0
        return held_back and (self.value or 0) >= FULL * given(self.most)


def within_limits(
    figure: Figure,
    limits: Mapping[str, ServerLimits],
    running: Collection[str],
    used: Mapping[str, Used],
    documented: Sequence[Evidence] = (),
    pace: Pace | None = None,
) -> Judgement:
    """Each server that runs stays within its limit. `used` is what was seen, by server; with a
    `pace`, what is too much may come of it, and then nothing can be told.

    A server without a limit is measured all the same; one with a limit of which nothing was seen
    makes this unmeasured.
    """
    rows = [_row(figure, name, limits, used) for name in sorted(running)]
    if all(row.most is None for row in rows):
        return skipped(f"this system has no limits of {figure.word}")
    evidence = [*_told(figure, rows, used), *documented]
    excused = _by_pace(rows, pace)
    judged = conclude(
        _summary(rows),
        [_finding(figure, row) for row in rows if row.exceeds and row.server not in excused],
        evidence,
        exercised=sum(row.judged for row in rows),
        measurements=_measurements(figure, rows),
    )
    if judged.verdict is Verdict.MISSED:
        return judged
    if unseen := [row.server for row in rows if row.most is not None and row.value is None]:
        return unmeasured(f"no figure could be had of {named(unseen)}", evidence)
    if excused and pace:
        why = f"works up to {pace.factor:g} times as often at pace fast"
        return unmeasured(f"{named(excused)} uses more than allowed, and {why}", evidence)
    if starved := [row for row in rows if row.starved]:
        return unmeasured("; ".join(_hunger(figure, row) for row in starved), evidence)
    return judged


def _row(
    figure: Figure, name: str, limits: Mapping[str, ServerLimits], used: Mapping[str, Used]
) -> Row:
    seen, most = used.get(name, Used()), figure.most(limits.get(name, ServerLimits()))
    return Row(name, figure.of(seen), most, figure.denied(seen))


def _hunger(figure: Figure, row: Row) -> str:
    """What a server used, and that it was not let have more."""
    value, most = (figure.said(one or 0) for one in (row.value, row.most))
    return f"{row.server} used {value} of {most}, and its quota held it back: it may want more"


def _by_pace(rows: Sequence[Row], pace: Pace | None) -> list[str]:
    """The servers that use too much, and may do so for the pace alone."""
    if pace is None or pace.factor <= 1:
        return []
    return [row.server for row in rows if row.exceeds and row.server in pace.servers]


def _finding(figure: Figure, row: Row) -> Finding:
    value, most = figure.said(row.value or 0), figure.said(row.most or 0)
    return Finding(f"{row.server} uses {value}, {most} allowed", row.server)


def _told(figure: Figure, rows: Sequence[Row], used: Mapping[str, Used]) -> Iterator[Evidence]:
    for row in rows:
        seen = "nothing" if row.value is None else figure.said(row.value)
        source = used.get(row.server, Used()).source or "nobody"
        wanted = "no limit" if row.most is None else f"at most {figure.said(row.most)}"
        yield Evidence(figure.word, f"{row.server}, told by {source}", seen, wanted)


def _measurements(figure: Figure, rows: Sequence[Row]) -> list[Measurement]:
    return [
        Measurement(
            f"resources.{figure.name}.{row.server}", round(row.value, 3), figure.unit, row.most
        )
        for row in rows
        if row.value is not None
    ]


def _summary(rows: Sequence[Row]) -> str:
    """How many are within their limits, and which of them is the nearest to its own."""
    held = [
        (row.value / row.most, row.server) for row in rows if row.value is not None and row.most
    ]
    if not held:
        return ""
    share, name = max(held)
    return f"{len(held)} servers within their limits, {name} the nearest at {share:.0%} of its own"


def documented(
    measured: Mapping[str, MeasuredByOthers], keys: Sequence[str], used: Mapping[str, Used]
) -> list[Evidence]:
    """What a document measured, beside what was seen here: told, and judged by nobody."""
    words = {"memory": "memory", "cpu_idle": "CPU idle", "cpu_load": "CPU under load"}
    return [
        Evidence(f"documented {words[key]}", name, _ours(key, used.get(name)), f"{told} (no limit)")
        for name, of in measured.items()
        for key in keys
        if (told := getattr(of, key)) is not None
    ]


def _ours(key: str, used: Used | None) -> str:
    value = None if used is None else used.peak("memory") if key == "memory" else cores_of(used)
    if value is None:
        return "not measured here"
    return MEMORY.said(value) if key == "memory" else f"{value:.1%} of a core"


def idle(
    budget: Idle,
    running: Collection[str],
    used: Mapping[str, Used],
    evidence: Sequence[Evidence] = (),
) -> Judgement:
    """All named servers together use no more than the budget while nobody asks for anything.

    `used` is what was seen in that while. The figure is known to a tick at both ends for each
    server: a budget that lies within is not decided.
    """
    named_here = [name for name in budget.servers if name in running]
    cores = {name: cores_of(used.get(name, Used())) for name in named_here}
    if unseen := [name for name, value in cores.items() if value is None]:
        return unmeasured(f"no figure could be had of {named(unseen)}", evidence)
    if not named_here:
        return unmeasured(f"none of {named(budget.servers)} runs", evidence)
    seconds = min(used[name].seconds for name in named_here)
    total = sum(value or 0.0 for value in cores.values())
    unsure = 2 * TICK_S * len(cores) / seconds
    low, high = max(0.0, total - unsure), total + unsure
    said = f"{total:.1%} of a core (± {unsure:.1%}) in {seconds:.0f} s idle"
    measured = [Measurement("resources.idle-cpu", round(total, 4), "cores", budget.cpu,
                            (round(low, 4), round(high, 4)))]  # fmt: skip
    each = [
        Evidence("idle CPU", name, f"{value or 0.0:.1%} of a core", f"{budget.cpu:.0%} in all")
        for name, value in cores.items()
    ]
    if low <= budget.cpu < high:
        return unmeasured(f"{said}: {budget.cpu:.0%} lies within", [*each, *evidence])
    who = named(named_here, 9)
    findings = (
        [] if high <= budget.cpu else [Finding(f"{who} use {said}, {budget.cpu:.0%} allowed")]
    )
    return conclude(f"{who}: {said}", findings, [*each, *evidence], measurements=measured)
