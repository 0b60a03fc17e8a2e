"""What is other in a second run than in a first: verdicts, figures, durations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from smokestack.results import CheckResult, Measurement, RunResult, Verdict

MOVED = 0.2
"""The share by which a figure without an interval, or a duration, must differ to be told."""
NOTICED_S = 1.0
"""Seconds by which a duration must differ to be told."""
RANKS = {Verdict.MET: 0, Verdict.SKIPPED: 1, Verdict.UNMEASURED: 2, Verdict.MISSED: 3}
"""From what proves something to what disproves it."""
RED = (Verdict.MISSED, Verdict.UNMEASURED)

Key = tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A check whose verdict is another one; None where a run did not ask it."""

    name: str
    before: CheckResult | None
    after: CheckResult | None

    @property
    def worse(self) -> bool:
        """Whether less is proven than before: what is skipped, or not asked any more, proves
        nothing.
        """
        if self.after is None:
            return self.before is not None and self.before.verdict is not Verdict.SKIPPED
        if self.before is None:
            return self.after.verdict in RED
        return RANKS[self.after.verdict] > RANKS[self.before.verdict]


@dataclass(frozen=True)
class Moved:
    """A figure that differs. `outside` says whether by more than its intervals allow; None where
    neither run has one.
    """

    name: str
    before: Measurement
    after: Measurement
    outside: bool | None

    @property
    def share(self) -> float:
        """By how much of the first it differs; endless where that is 0."""
        first, second = self.before.figure, self.after.figure
        return (second - first) / abs(first) if first else float("inf")


@dataclass(frozen=True)
class Took:
    """A duration that differs, in seconds."""

    name: str
    before_s: float
    after_s: float


@dataclass(frozen=True)
class Comparison:
    """All that differs. `unlike` are settings in which the two runs differ: name, first, second."""

    unlike: tuple[tuple[str, str, str], ...]
    changed: tuple[Changed, ...]
    moved: tuple[Moved, ...]
    within: int
    durations: tuple[Took, ...]

    @property
    def worse(self) -> bool:
        """Whether the second run proves less than the first. Figures decide nothing: where a
        bound was promised, a check has held them to it.
        """
        return any(one.worse for one in self.changed)


def compare(before: RunResult, after: RunResult) -> Comparison:
    """What is other in `after`."""
    first, second = _checks(before), _checks(after)
    moved = list(_moved(_figures(first), _figures(second)))
    told = [one for one in moved if one.outside is not False]
    return Comparison(
        tuple(_unlike(before, after)),
        tuple(_changed(first, second)),
        tuple(sorted(told, key=lambda one: (not one.outside, -abs(one.share)))),
        len(moved) - len(told),
        tuple(_durations(before, after, first, second)),
    )


def _checks(result: RunResult) -> dict[Key, CheckResult]:
    """The checks by id and subject; of several that share both, by their order."""
    seen: Counter[Key] = Counter()
    found: dict[Key, CheckResult] = {}
    for check in result.checks:
        key = (check.id, check.subject)
        seen[key] += 1
        found[key if seen[key] == 1 else (*key, str(seen[key]))] = check
    return found


def _unlike(before: RunResult, after: RunResult) -> Iterator[tuple[str, str, str]]:
    for name in ("system", "pace"):
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            yield name, one, other
    one, other = (run.stack.backend if run.stack else "none" for run in (before, after))
    if one != other:
        yield "stack", one, other


def _changed(
    first: Mapping[Key, CheckResult], second: Mapping[Key, CheckResult]
) -> Iterator[Changed]:
    """Those that are worse first, then in the order of the runs."""
    found = []
    for key in dict.fromkeys([*first, *second]):
        before, after = first.get(key), second.get(key)
        if before is None or after is None or before.verdict is not after.verdict:
            found.append(Changed(" ".join(filter(None, key)), before, after))
    yield from sorted(found, key=lambda one: not one.worse)


def _figures(checks: Mapping[Key, CheckResult]) -> dict[Key, Measurement]:
    return {
        (*key, one.name): one
        for key, check in checks.items()
        for one in check.judgement.measurements
    }


def _moved(first: Mapping[Key, Measurement], second: Mapping[Key, Measurement]) -> Iterator[Moved]:
    for key, before in first.items():
        if key not in second:
            continue
        after = second[key]
        one = Moved(before.name, before, after, _outside(before, after))
        if before.unit != after.unit or before.figure == after.figure:
            continue
        if one.outside is not None or abs(one.share) >= MOVED:
            yield one


def _outside(before: Measurement, after: Measurement) -> bool | None:
    """Whether two figures are further apart than what is known of them allows."""
    if before.interval is None and after.interval is None:
        return None
    low, high = before.interval or (before.figure, before.figure)
    bottom, top = after.interval or (after.figure, after.figure)
    return high < bottom or top < low


def _durations(
    before: RunResult,
    after: RunResult,
    first: Mapping[Key, CheckResult],
    second: Mapping[Key, CheckResult],
) -> Iterator[Took]:
    """That of the run; those of the start and of checks where they differ."""
    yield Took("the run", before.duration_s, after.duration_s)
    pairs = []
    if before.stack and after.stack:
        pairs.append(Took("stack ready", before.stack.ready_s, after.stack.ready_s))
    for key, check in first.items():
        if key in second:
            name = " ".join(filter(None, key))
            pairs.append(Took(name, check.duration_s, second[key].duration_s))
    yield from _noticed(pairs)


def _noticed(pairs: Iterable[Took]) -> list[Took]:
    found = []
    for one in pairs:
        apart = abs(one.after_s - one.before_s)
        if apart >= NOTICED_S and apart >= MOVED * one.before_s:
            found.append(one)
    return sorted(found, key=lambda one: -abs(one.after_s - one.before_s))
