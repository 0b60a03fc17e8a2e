"""resources.cardinality: does what is stored grow with every value that somebody sends?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from smokestack.judge.conclude import conclude, unmeasured
from smokestack.results import Evidence, Finding, Judgement, Measurement
from smokestack.samples import Series
from smokestack.system import ServerLimits
from smokestack.usage import Counted

Labels = Mapping[str, str]

TAKEN_OVER = 0.5
"""A label that has new values for this share of the distinct ones sent takes them over. A value
that is merely new, such as a status that nobody had asked for yet, is one or a few.
"""

HELD = {"prometheus": "series", "loki": "streams"}


@dataclass(frozen=True)
class Distinct:
    """Requests of which no two share a value, and what was stored before and after them: series
    of the application, streams of its lines. `unanswered` are those that got no answer.
    """

    requests: int
    unanswered: int
    series: tuple[Sequence[Series], Sequence[Series]]
    streams: tuple[Sequence[Labels], Sequence[Labels]]


@dataclass(frozen=True)
class Grown:
    """A label with values that it did not have before."""

    where: str
    label: str
    values: frozenset[str]

    def __str__(self) -> str:
        return f"{self.where}: label {self.label} has {len(self.values)} new values"


def cardinality(
    seen: Distinct,
    limits: Mapping[str, ServerLimits],
    counted: Counted,
    evidence: Sequence[Evidence] = (),
) -> Judgement:
    """No label takes over values that requests bring, and no server holds more series or streams
    than it may.
    """
    if seen.unanswered:
        return unmeasured(f"{seen.unanswered} of {seen.requests} requests got no answer", evidence)
    if not seen.series[0]:
        return unmeasured("Prometheus has no series of the application", evidence)
    taken = [one for one in grown(seen) if len(one.values) >= TAKEN_OVER * seen.requests]
    findings = [
        Finding(
            f"{one} after {seen.requests} requests with distinct values, such as "
            f"{min(one.values)!r}"
        )
        for one in taken
    ]
    held = list(_held(limits, counted))
    findings += [
        Finding(f"{server} holds {value:g} {what}, {most} allowed")
        for server, what, value, most in held
        if most is not None and value > most
    ]
    if unread := [counted.unread[server] for server in HELD if server in counted.unread]:
        return unmeasured(unread[0], evidence)
    more = len(seen.series[1]) - len(seen.series[0])
    shown = ", ".join(f"{value:g} {what}" for _, what, value, _ in held)
    return conclude(
        f"{seen.requests} requests with distinct values made {more} new series and no label "
        f"endless; {shown} in all",
        findings,
        evidence,
        measurements=[
            Measurement("resources.series-per-request", round(more / seen.requests, 3), "series"),
            *(Measurement(f"resources.{what}", value, what, most) for _, what, value, most in held),
        ],
    )


def _held(
    limits: Mapping[str, ServerLimits], counted: Counted
) -> Iterable[tuple[str, str, float, int | None]]:
    """(server, what, how many, at most) of everything that could be read."""
    for server, what in HELD.items():
        if what in counted.figures:
            most = getattr(limits.get(server, ServerLimits()), what)
            yield server, what, counted.figures[what], most


def grown(seen: Distinct) -> list[Grown]:
    """Every label that has new values, the most of them first."""
    found = []
    before, after = (_by_metric(series) for series in seen.series)
    for (name, label), values in after.items():
        found.append(Grown(name, label, frozenset(values - before.get((name, label), set()))))
    had, has = (_by_label(streams) for streams in seen.streams)
    for label, values in has.items():
        found.append(Grown("streams in Loki", label, frozenset(values - had.get(label, set()))))
    return sorted((one for one in found if one.values), key=lambda one: -len(one.values))


def _by_metric(series: Iterable[Series]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in series:
        for label, value in one.labels.items():
            found[one.name, label].add(value)
    return found


def _by_label(streams: Iterable[Labels]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in streams:
        for label, value in one.items():
            found[label].add(value)
    return found
