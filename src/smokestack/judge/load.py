"""load.*: was nothing lost under load, was it what was asked for, how did the hops bear it?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from smokestack.judge.conclude import conclude, unmeasured, untimed
from smokestack.judge.counters import ScrapeWindow
from smokestack.pressure import Effort, Pressure
from smokestack.results import Evidence, Finding, Judgement, LoadInfo, Measurement, worst
from smokestack.samples import Ledger

ENOUGH = 0.95
"""The share of the asked rate, and of the asked requests, that a load must reach."""

STALL_S = 0.5
"""So far behind the last request of a load may be: of a load of two seconds, a stall of a tenth
would else be 5% of its rate."""

WHOLE_CORE = 0.85
"""A generator that uses so much of its one core cannot be told from one that has no more."""

WHOLE_MACHINE = 0.95
"""So busy, the cores keep everything waiting, whoever it is."""

ALL_USERS = 0.9
"""With so many of its users waiting for answers at once, a load has nobody left to send."""

FULLEST = 0.8
"""How full a queue may become where system.yaml says nothing: what comes on top is lost."""

Who = Literal["generator", "machine", "application"]


@dataclass(frozen=True)
class Limit:
    """Who kept a load from being what was asked for, and by what that shows. Unknown is None."""

    who: Who | None
    why: str


def together(judgements: Sequence[Judgement]) -> Judgement:
    """One judgement of several on the same signal: the worst of their verdicts, all they found."""
    verdict = worst(one.verdict for one in judgements)
    decisive = [one for one in judgements if one.verdict is verdict]
    return Judgement(
        verdict,
        "; ".join(dict.fromkeys(one.summary for one in decisive)),
        tuple(finding for one in judgements for finding in one.findings),
        tuple(dict.fromkeys(evidence for one in judgements for evidence in one.evidence)),
        next((one.allowed_s for one in judgements if one.allowed_s is not None), None),
        next((one.took_s for one in judgements if one.took_s is not None), None),
        cause=next((one.cause for one in decisive if one.cause), None),
    )


def rate(info: LoadInfo, ledger: Ledger, asked: float, effort: Effort) -> Judgement:
    """Whether as many requests were sent and answered as were asked for, when they were due.

    Missed where the application kept the load from it, unmeasured where its generator or the whole
    machine did: then nothing was found out at that rate. `asked` is its highest rate.
    """
    if not len(ledger):
        return unmeasured("no request was sent")
    wanted = info.asked_rate or asked
    evidence = [_sent(info, wanted, ledger, effort), _latency(ledger)]
    figures = _measurements(info, wanted, ledger)
    short = shortfall(info, ledger, wanted, effort)
    if short is None:
        summary = f"{evidence[0].observed}; {evidence[1].observed}"
        return conclude(summary, (), evidence, measurements=figures)
    limit = limit_of(ledger, effort)
    text = f"{short}; {limit.why}"
    if limit.who != "application":
        unknown = untimed(text, evidence=evidence)
        return replace(unknown, measurements=tuple(figures))
    return conclude("", [Finding(text)], evidence, measurements=figures)


def shortfall(info: LoadInfo, ledger: Ledger, wanted: float, effort: Effort) -> str | None:
    """By what a load is less than was asked for, in words; None where it is not."""
    number = effort.generator.asked if effort.generator else None
    answered = len(ledger) - len(ledger.unknown)
    if info.reached_rate < ENOUGH * wanted and behind(ledger) > STALL_S:
        return f"reached {info.reached_rate:.1f} of {wanted:.1f} requests/s"
    if number is not None and answered < ENOUGH * number:
        return f"{answered} of {number} requests were answered"
    return None


def behind(ledger: Ledger) -> float:
    """How many seconds after it was due the last request was sent."""
    due = max((one.intended_at for one in ledger.requests), default=0.0)
    return max((one.sent_at for one in ledger.requests), default=0.0) - due


def limit_of(ledger: Ledger, effort: Effort) -> Limit:
    """Who was at the end of its strength. The generator is asked first: one that has no time left
    sees late answers everywhere.
    """
    own, cores = effort.generator, effort.machine
    if own is not None and own.core >= WHOLE_CORE:
        why = f"the load generator was the limit: its process used {own.core:.0%} of its one core"
        return Limit("generator", why)
    if cores >= WHOLE_MACHINE:
        return Limit("machine", f"the machine was the limit: its cores were {cores:.0%} busy")
    if own is None:
        return Limit(None, "who was the limit is not known: the generator did not say what it took")
    busiest = most_at_once(ledger)
    if busiest >= ALL_USERS * own.users or ledger.unknown:
        why = (
            f"the application was the limit: {busiest} of {own.users} users waited for answers "
            f"at once, and {len(ledger.unknown)} got none, while the load generator used "
            f"{own.core:.0%} of a core"
        )
        return Limit("application", why)
    why = (
        f"who was the limit cannot be told: the load generator used {own.core:.0%} of a core, all "
        f"cores were {cores:.0%} busy, and {busiest} of {own.users} users waited at once"
    )
    return Limit(None, why)


def most_at_once(ledger: Ledger) -> int:
    """How many requests were on their way at the same time, at the most."""
    moments = [(one.sent_at, 1) for one in ledger.requests]
    moments += [(one.ended_at, -1) for one in ledger.requests]
    under_way = most = 0
    for _, step in sorted(moments):
        under_way += step
        most = max(most, under_way)
    return most


def from_intended(ledger: Ledger) -> list[float]:
    """What each request took from the moment at which it was due, in seconds, sorted: what a user
    of an open workload waits, whether it was sent in time or not.
    """
    return sorted(one.ended_at - one.intended_at for one in ledger.requests)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed (nearest rank); 0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _sent(info: LoadInfo, wanted: float, ledger: Ledger, effort: Effort) -> Evidence:
    own = effort.generator
    took = f", the load generator used {own.core:.0%} of a core" if own else ""
    unknown = f", {len(ledger.unknown)} without an answer" if ledger.unknown else ""
    return Evidence(
        "load",
        f"{info.scenario} at {wanted:.1f} requests/s",
        f"{len(ledger)} requests{unknown} at {info.reached_rate:.1f} of {wanted:.1f}/s{took}",
        f"at least {ENOUGH:.0%} of what was asked for",
    )


def _latency(ledger: Ledger) -> Evidence:
    took = from_intended(ledger)
    text = ", ".join(
        f"{name} {percentile(took, share) * 1000:.0f} ms"
        for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    )
    return Evidence("latency", "from the intended start", f"from the intended start {text}", "—")


def _measurements(info: LoadInfo, wanted: float, ledger: Ledger) -> list[Measurement]:
    took, name = from_intended(ledger), f"load.{info.scenario}"
    # No budget: of a rate, more is better, and a budget is what must not be gone beyond.
    figures = [
        Measurement(f"{name}.rate", round(info.reached_rate, 2), "1/s"),
        Measurement(f"{name}.rate-asked", round(wanted, 2), "1/s"),
    ]
    return figures + [
        Measurement(f"{name}.{which}", round(percentile(took, share), 4), "s")
        for which, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    ]


def pipeline(pressure: Pressure, fullest: float, scrapes: str | None = None) -> Judgement:
    """No hop refused, dropped or discarded anything, and no queue came near its end.

    `fullest` is how full a queue may become, as a share; `scrapes` says of scrapes that failed
    although they had the time that is theirs.
    """
    evidence = _looked_at(pressure)
    findings = [Finding(str(trouble), trouble.server) for trouble in pressure.lost]
    findings += [Finding(scrapes, "prometheus")] if scrapes else []
    findings += [
        Finding(f"{queue} ({queue.share:.0%}) {queue.at_s:.1f} s after the load began; "
                f"at most {fullest:.0%} allowed", queue.server)
        for queue in pressure.queues
        if queue.share > fullest
    ]  # fmt: skip
    if pressure.unread and not findings:
        return unmeasured("; ".join(pressure.unread), evidence)
    retried = "; ".join(str(one) for one in pressure.troubles if one.retried)
    summary = f"{len(pressure.servers)} servers refused, dropped and discarded nothing; " + (
        f"fullest: {_fullest(pressure)}" if pressure.queues else "none tells of a queue"
    )
    text = f"{summary}; {retried}" if retried else summary
    return conclude(text, findings, evidence, exercised=len(pressure.servers))


def failed_scrapes(windows: Iterable[ScrapeWindow], factor: float) -> str | None:
    """Which scrapes failed under the load, in words. At a pace that gives a scrape less time than
    the configuration does, that says nothing of the stack, and None is returned.
    """
    failed = [one for one in windows if one.failed] if factor == 1 else []
    text = "; ".join(f"{one.failed} of {one.scrapes} scrapes of {one.job} failed" for one in failed)
    return text or None


def _fullest(pressure: Pressure) -> str:
    return str(max(pressure.queues, key=lambda queue: (queue.share, queue.peak)))


def _looked_at(pressure: Pressure) -> list[Evidence]:
    told = "; ".join(map(str, pressure.troubles)) or "nothing"
    queues = "; ".join(map(str, pressure.queues)) or "none"
    servers = ", ".join(pressure.servers)
    return [
        Evidence("counters", f"/metrics of {servers}, before and after", told, "nothing"),
        Evidence("queues", f"{pressure.looks} looks meanwhile", queues, "far from full"),
    ]
