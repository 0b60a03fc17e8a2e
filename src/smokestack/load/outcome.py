"""What a load came to: its ledger, and in a few figures whether it reached what was asked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from smokestack.load import control
from smokestack.load.ledger_file import LedgerFile
from smokestack.load.scenario import ScenarioSpec
from smokestack.pressure import Generator
from smokestack.results import LoadInfo, OverTime, StatusCounts
from smokestack.samples import Ledger, Request, by_route

ENOUGH = 0.95
"""The share of the asked count or rate below which a load fell short."""
MOST_STEPS = 600
"""Steps of a ledger over time; a step is a second, or as much longer as a long load needs."""


@dataclass(frozen=True)
class Load:
    """A load that has ended. `generator` is what it cost its process, where that could say."""

    info: LoadInfo
    ledger: Ledger
    generator: Generator | None = None


def conclude(spec: ScenarioSpec, file: LedgerFile) -> Load:
    """Sum up a ledger that was read back."""
    ledger = file.ledger
    asked_rate, reached_rate = _rates(ledger)
    info = LoadInfo(
        name=spec.name,
        scenario=spec.scenario,
        started_at=ledger.first_at,
        duration_s=ledger.last_at - ledger.first_at,
        requests=len(ledger),
        asked_rate=asked_rate,
        reached_rate=reached_rate,
        by=tuple(by_route(ledger.requests)),
        shortfall=_shortfall(file, asked_rate, reached_rate),
        over_time=over_time(ledger.requests),
    )
    return Load(info, ledger)


def over_time(requests: Sequence[Request]) -> OverTime | None:
    """Requests by status, counted in steps of whole seconds since the first was sent; None where
    none was.
    """
    if not requests:
        return None
    first, last = min(r.sent_at for r in requests), max(r.sent_at for r in requests)
    step = max(1, math.ceil((last - first) / MOST_STEPS))
    steps = int((last - first) // step) + 1
    counts: dict[int | None, list[int]] = {}
    for request in requests:
        row = counts.setdefault(request.status, [0] * steps)
        row[int((request.sent_at - first) // step)] += 1
    ordered = sorted(counts.items(), key=lambda item: item[0] or 0)
    return OverTime(float(step), tuple(StatusCounts(s, tuple(row)) for s, row in ordered))


def _rates(ledger: Ledger) -> tuple[float | None, float]:
    """Asked rate and reached rate: intervals per second between intended and between real starts.

    Taken from the ledger, so that it stays true when the rate changed on the way. A closed loop
    intends each request when it sends it, and asks for no rate.
    """
    intended = [r.intended_at for r in ledger.requests]
    sent = [r.sent_at for r in ledger.requests]
    if intended == sent:
        return None, _per_second(sent)
    return round(_per_second(intended), 1), _per_second(sent)


def _per_second(moments: list[float]) -> float:
    span = max(moments, default=0.0) - min(moments, default=0.0)
    return (len(moments) - 1) / span if span > 0 else float(len(moments))


def _shortfall(file: LedgerFile, asked_rate: float | None, reached_rate: float) -> str | None:
    answered = len(file.ledger) - len(file.ledger.unknown)
    short = []
    if file.asked is not None and answered < ENOUGH * file.asked:
        short.append(f"{answered} of {file.asked} requests were answered{_why(file)}")
    elif not file.ledger.requests:
        short.append(f"no request was sent: {file.reason}")
    elif file.asked is None and file.reason != control.TOLD:
        short.append(f"it ended before it was told to: {file.reason}")
    if asked_rate is not None and reached_rate < ENOUGH * asked_rate:
        short.append(f"it reached {reached_rate:.1f} requests/s of {asked_rate:.1f} asked for")
    short += [
        f"{times} answers {what}, which the scenario does not expect"
        for what, times in file.unexpected.items()
    ]
    return "; ".join(short) or None


def _why(file: LedgerFile) -> str:
    if unknown := file.ledger.unknown:
        error, times = Counter(r.error for r in unknown).most_common(1)[0]
        return f", {len(unknown)} got no answer ({times} times {error}); it ended: {file.reason}"
    return f"; it ended: {file.reason}"
