"""deploy.error-rate, deploy.latency and deploy.log-errors: did the new version make it worse?

Each asks per service, and per route where there are many of one. A rise counts only where chance
does not explain it (`proportions.ERROR`, divided among all that are asked) and where it is as large
as what matters. What cannot be said to stay below that is no pass: there was too little to tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from smokestack.deploys import Grown, Labels, Lines, Windows
from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.judge.proportions import ERROR, Rise, Stratum, poisson, rise, share_of
from smokestack.results import Evidence, Finding, Judgement, Measurement

FEW_SHARED = 0.5
"""Where fewer requests than this share are to routes of both windows, they are other routes."""


@dataclass(frozen=True)
class Question:
    """What is asked of shares: what a bad one is called, and by how much more of them it is worse.

    A share after above `limit` is too much, where there is a limit; else a rise above `room`.
    """

    what: str
    room: float = 0.0
    limit: float | None = None

    def worse(self, seen: Rise) -> bool:
        """Whether it is as much worse as matters."""
        return seen.by >= self.room if self.limit is None else seen.after > self.limit

    def surely_not(self, seen: Rise) -> bool:
        """Whether it cannot be as much worse."""
        return seen.most < self.room if self.limit is None else seen.after_most < self.limit

    @property
    def matters(self) -> str:
        """What would be too much."""
        if self.limit is None:
            return f"{percent(self.room)} more"
        return f"more than {percent(self.limit)}"


@dataclass(frozen=True)
class Answer:
    """What was found of one question: what is worse, what cannot be told, what was seen."""

    worse: tuple[Finding, ...]
    untold: tuple[str, ...]
    seen: tuple[Evidence, ...]
    figures: tuple[Measurement, ...]
    told: int


def error_rate(strata: Mapping[str, Sequence[Stratum]], room: float, windows: Windows) -> Judgement:
    """Whether more requests fail, by service. `strata` are its routes."""
    answer = asked(Question("failed", room), strata, "deploy.error-rate")
    return concluded(answer, f"no service fails more often, {said(windows)}", windows)


def asked(question: Question, strata: Mapping[str, Sequence[Stratum]], name: str) -> Answer:
    """What one question finds, service by service."""
    each = max(1, sum(len(of) + 1 for of in strata.values()))
    worse: list[Finding] = []
    untold, seen, figures = [], [], []
    for service, of in sorted(strata.items()):
        whole = rise(of)
        routes = [(one.name, rise([one])) for one in of]
        bad = [(route, r) for route, r in routes if r and r.p < ERROR / each and question.worse(r)]
        worse += [Finding(f"{service} {route}: {_told(r, question)}") for route, r in _worst(bad)]
        if whole is None or _few_shared(of):
            untold.append(f"{service}: no route was asked for both before and after")
            continue
        seen.append(_evidence(service, whole, question))
        figures.append(Measurement(f"{name}.{service}", round(whole.by, 5), "share", question.room))
        if not bad and whole.p < ERROR / each and question.worse(whole):
            worse.append(Finding(f"{service}: {_told(whole, question)}"))
        elif not bad and not question.surely_not(whole):
            untold.append(f"{service}: {_told(whole, question)}; {question.matters} matters")
    return Answer(tuple(worse), tuple(untold), tuple(seen), tuple(figures), len(seen))


def _worst(bad: Iterable[tuple[str, Rise]]) -> list[tuple[str, Rise]]:
    return sorted(bad, key=lambda one: one[1].p)


def _few_shared(strata: Sequence[Stratum]) -> bool:
    every = sum(s.after for s in strata)
    return sum(s.after for s in strata if s.before) < FEW_SHARED * every


def concluded(answer: Answer, met: str, windows: Windows) -> Judgement:
    """Missed with what is worse; unmeasured where something cannot be told, or nothing was."""
    if answer.worse:
        return conclude("", answer.worse, answer.seen, measurements=answer.figures)
    if answer.untold:
        return unmeasured(f"too little to tell: {named(answer.untold)}", answer.seen)
    if not answer.told:
        return unmeasured(f"nothing was counted both before and after, {said(windows)}")
    return conclude(met, (), answer.seen, exercised=answer.told, measurements=answer.figures)


def log_errors(
    lines: Lines, requests: Grown, levels: Sequence[str], room: float, windows: Windows
) -> Judgement:
    """Whether there are more lines of errors to a request, by service."""
    wanted = {level.lower() for level in levels}
    before, after = _errors(lines.before, wanted), _errors(lines.after, wanted)
    asked_before, asked_after = _by_service(requests.before), _by_service(requests.after)
    services = sorted({*asked_before, *asked_after})
    unknown = sorted({*before, *after} - set(services))
    found = [
        LinesOf(
            service, before.get(service, 0), after.get(service, 0),
            asked_before.get(service, 0.0), asked_after.get(service, 0.0),
        )
        for service in services
    ]  # fmt: skip
    if unknown:  # their requests are not counted: all that were are their measure
        found += [
            LinesOf(one, before.get(one, 0), after.get(one, 0),
                    sum(asked_before.values()), sum(asked_after.values()))
            for one in unknown
        ]  # fmt: skip
    if not any(lines.before.values()) or not any(lines.after.values()):
        return unmeasured(f"Loki has no lines of one of the windows, {said(windows)}")
    return concluded(
        _of_lines(found, room), f"no service logs more errors, {said(windows)}", windows
    )


@dataclass(frozen=True)
class LinesOf:
    """Lines of errors of a service, and the requests to it, before and after."""

    service: str
    before: int
    after: int
    requests_before: float
    requests_after: float

    @property
    def told(self) -> bool:
        """Whether there were requests in both windows."""
        return self.requests_before > 0 and self.requests_after > 0

    @property
    def rates(self) -> tuple[float, float]:
        """Lines a request."""
        return self.before / self.requests_before, self.after / self.requests_after

    @property
    def chance(self) -> float:
        """That of as many after, if nothing changed."""
        share = self.requests_after / (self.requests_before + self.requests_after)
        return share_of(self.before + self.after, self.after, share)

    @property
    def most(self) -> float:
        """By how many lines a request it rose at most (the hybrid of both bounds)."""
        was, now = self.rates
        least = poisson(self.before)[0] / self.requests_before
        highest = poisson(self.after)[1] / self.requests_after
        return now - was + float(((highest - now) ** 2 + (was - least) ** 2) ** 0.5)

    def __str__(self) -> str:
        was, now = self.rates
        return (
            f"{now * 100:.2f} lines of errors to 100 requests, {was * 100:.2f} before "
            f"({self.after} to {self.requests_after:.0f}, {self.before} to "
            f"{self.requests_before:.0f})"
        )


def _of_lines(found: Sequence[LinesOf], room: float) -> Answer:
    worse, untold, seen, figures = [], [], [], []
    for one in found:
        if not one.told:
            untold.append(f"{one.service}: no requests were counted in one of the windows")
            continue
        was, now = one.rates
        seen.append(Evidence("lines", one.service, str(one), f"{room * 100:g} more at most"))
        figures.append(
            Measurement(f"deploy.log-errors.{one.service}", round(now - was, 5), "lines", room)
        )
        if one.chance < ERROR / len(found) and now - was >= room:
            worse.append(Finding(f"{one.service}: {one}"))
        elif one.most >= room:
            untold.append(f"{one.service}: {one}")
    return Answer(tuple(worse), tuple(untold), tuple(seen), tuple(figures), len(seen))


def _errors(lines: Mapping[Labels, float], levels: set[str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for labels, number in lines.items():
        of = dict(labels)
        found[of.get("service", "")] += int(number) if of.get("level", "").lower() in levels else 0
    return found


def _by_service(requests: Mapping[Labels, float]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for labels, number in requests.items():
        found[dict(labels).get("service", "")] += number
    return {service: number for service, number in found.items() if number > 0}


def strata_of(requests: Grown, failed: Iterable[Labels]) -> dict[str, list[Stratum]]:
    """The routes of each service: how many requests, and how many of them failed. `failed` are
    those labels of `requests` that stand for a failed one.
    """
    bad = set(failed)
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 4)
    for column, counts in enumerate((requests.before, requests.after)):
        for labels, number in counts.items():
            of = dict(labels)
            entry = sums[of.get("service", ""), route_of(of)]
            entry[2 * column] += number
            entry[2 * column + 1] += number if labels in bad else 0.0
    found: dict[str, list[Stratum]] = defaultdict(list)
    for (service, route), numbers in sorted(sums.items()):
        if any(numbers):
            found[service].append(Stratum(route, *(round(one) for one in numbers)))
    return dict(found)


def route_of(labels: Mapping[str, str]) -> str:
    """Method and route, as they are shown."""
    return f"{labels.get('method', '')} {labels.get('route', '')}".strip()


def _told(seen: Rise, question: Question) -> str:
    return (
        f"{percent(seen.after)} {question.what}, {percent(seen.before)} before "
        f"(of {seen.requests[1]} and {seen.requests[0]} requests)"
    )


def _evidence(service: str, seen: Rise, question: Question) -> Evidence:
    text = f"{_told(seen, question)}; at most {percent(max(0.0, seen.most))} more; p = {seen.p:.2g}"
    return Evidence("requests", service, text, f"not {question.matters}")


def percent(share: float) -> str:
    """A share as a person reads it."""
    return f"{share * 100:.3g}%"


def said(windows: Windows) -> str:
    """How long the windows are."""
    return f"{windows.after_s:.0f} s since the deploy against {windows.before_s:.0f} s before it"
