"""latency.health: do health endpoints answer in their time, and say what they must?

Their times are taken with a clock that nobody sets, so that a step of the machine's clock does not
matter here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from smokestack.judge.conclude import conclude, untimed
from smokestack.judge.spread import quantile
from smokestack.results import Evidence, Finding, Judgement, Measurement
from smokestack.system import HealthEndpoint

CORRELATION_ID = "{correlation_id}"
"""In `body`: the id that was sent with the request."""

QUICK_S = 0.004
"""In this time a server that has nothing to do answers 95% of its requests, on two cores with a
whole stack beside it; 10 to 30 ms were seen where others had the cores, and no limit could be kept.
"""

SURE = 2
"""So many rounds must be late while that server is quick: one may be a hiccup."""

P95 = 0.95


@dataclass(frozen=True)
class Answer:
    """One answer: `body` is its JSON, None for none; `correlation_id` is what was sent."""

    status: int
    body: object
    took_s: float
    correlation_id: str


@dataclass(frozen=True)
class Round:
    """Answers one after another, and what a server that has nothing to do took in between."""

    answers: tuple[Answer, ...]
    control_s: tuple[float, ...]

    @property
    def p95_s(self) -> float:
        """What 95% of the answers took at most."""
        return quantile(sorted(answer.took_s for answer in self.answers), P95)

    @property
    def control_p95_s(self) -> float:
        """The same of the other server."""
        return quantile(sorted(self.control_s), P95)

    @property
    def tells(self) -> bool:
        """Whether the machine let this round be quick."""
        return self.control_p95_s <= QUICK_S


@dataclass(frozen=True)
class HealthSeen:
    """What came of one endpoint, round by round."""

    route: str
    rounds: tuple[Round, ...]
    repeat: str = ""

    @property
    def best(self) -> Round:
        """The round in which answers were there soonest: what delays one alone is the machine."""
        return min(self.rounds, key=lambda one: one.p95_s)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All answers."""
        return tuple(answer for one in self.rounds for answer in one.answers)


def is_told(endpoint: HealthEndpoint, rounds: Sequence[Round]) -> bool:
    """Whether no further round is needed: one was in time, or enough were late for sure."""
    late = [one for one in rounds if is_late(endpoint, one)]
    return len(late) < len(rounds) or sum(one.tells for one in late) >= SURE


def is_late(endpoint: HealthEndpoint, one: Round) -> bool:
    """Whether more than 5% of the answers of a round took longer than they may."""
    return one.p95_s > endpoint.within


def health(endpoints: Sequence[HealthEndpoint], seen: Sequence[HealthSeen]) -> Judgement:
    """Each endpoint answers 95% of its requests in time, and each as it must."""
    pairs = list(zip(endpoints, seen, strict=True))
    wrong = [finding for one, came in pairs for finding in _unlike(one, came.answers)]
    late = [(one, came) for one, came in pairs if is_late(one, came.best)]
    evidence = [_evidence(one, came) for one, came in pairs]
    busy = [came for one, came in late if not is_told(one, came.rounds)]
    if late and len(busy) == len(late) and not wrong:
        control = _ms(max(came.best.control_p95_s for came in busy))
        text = f"the machine is too busy: a server that has nothing to do took {control}"
        return untimed(text, _late(*late[0]), evidence)
    findings = [*wrong, *(Finding(_late(*pair)) for pair in late if pair[1] not in busy)]
    shown = ", ".join(
        f"{_name(one)} {_ms(came.best.p95_s)} of {_ms(one.within)}" for one, came in pairs
    )
    figures = [
        Measurement(f"latency.health.{_name(one)}.p95", came.best.p95_s, "s", one.within)
        for one, came in pairs
    ]
    return conclude(
        f"95%: {shown}", findings, evidence,
        exercised=sum(len(came.answers) for _, came in pairs), measurements=figures,
    )  # fmt: skip


def _late(endpoint: HealthEndpoint, seen: HealthSeen) -> str:
    took = f"{_ms(seen.best.p95_s)} for 95% of its answers, {_ms(endpoint.within)} allowed"
    return f"GET {endpoint.route} took up to {took}"


def _unlike(endpoint: HealthEndpoint, answers: Sequence[Answer]) -> Iterator[Finding]:
    """One finding for each thing that is not as it must be, however many answers have it so."""
    unlike: Counter[str] = Counter()
    for answer in answers:
        unlike.update(_faults(endpoint, answer))
    for fault, times in unlike.items():
        yield Finding(f"GET {endpoint.route}: {fault} in {times} of {len(answers)} answers")


def _faults(endpoint: HealthEndpoint, answer: Answer) -> Iterator[str]:
    if answer.status != endpoint.status:
        yield f"status {answer.status}, expected {endpoint.status},"
        return
    for path, wanted in endpoint.body.items():
        sent = answer.correlation_id if wanted == CORRELATION_ID else wanted
        found = _at(answer.body, path)
        if type(found) is not type(sent) or found != sent:
            said = "missing" if found is None else repr(found)
            if wanted == CORRELATION_ID and found is not None:
                said = "another one than was sent"
            yield f"{path} is {said}, expected {wanted!r},"
    for path in endpoint.present:
        if _at(answer.body, path) in (None, "", [], {}):
            yield f"{path} is missing"


def _at(body: object, path: str) -> object:
    """What stands at a path of steps parted by dots; None for nothing."""
    for step in path.split("."):
        if not isinstance(body, Mapping):
            return None
        body = body.get(step)
    return body


def _evidence(endpoint: HealthEndpoint, seen: HealthSeen) -> Evidence:
    rounds = "; ".join(
        f"{_ms(one.p95_s)} (Prometheus' own {_ms(one.control_p95_s)})" for one in seen.rounds
    )
    statuses = Counter(answer.status for answer in seen.answers)
    counted = ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items()))
    return Evidence(
        "health", f"GET {seen.route}", f"95%: {rounds}; {counted}",
        f"95% ≤ {_ms(endpoint.within)}; {endpoint.status}", seen.repeat,
    )  # fmt: skip


def _name(endpoint: HealthEndpoint) -> str:
    return endpoint.route.rsplit("/", 1)[-1]


def _ms(seconds: float) -> str:
    shown = seconds * 1000
    return f"{shown:.0f} ms" if shown >= 100 else f"{shown:.3g} ms"
