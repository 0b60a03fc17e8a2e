"""Where the pipeline begins to lose: what a row of ever higher rates shows.

Pure: a step is what was asked for, what came of it, and what each judge says of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from smokestack.judge import load as judge
from smokestack.pressure import Effort, Pressure, Trouble
from smokestack.results import Judgement, LoadInfo, Verdict
from smokestack.samples import Ledger

SIGNAL_OF = {
    "log records": "logs",
    "lines": "logs",
    "spans": "traces",
    "metric points": "metrics",
    "samples": "metrics",
}
"""The signal that a hop's items are of, by their unit."""


NONE = Pressure()


class Came(StrEnum):
    """What came of a step."""

    CLEAN = "clean"
    LOST = "lost"
    SHORT = "short"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Loss:
    """A signal that is not whole, what of it is not, and where it broke: by the hops' own counters
    and in their words, else by the first hop that passed on less.
    """

    signal: str
    what: str
    where: str


@dataclass(frozen=True)
class Step:
    """One rate that was tried, in requests a second. `limit` is set where it was not reached."""

    rate: float
    reached: float
    requests: int
    p95_s: float
    came: Came
    losses: tuple[Loss, ...] = ()
    limit: judge.Limit | None = None
    pressure: Pressure = NONE
    why: str = ""

    @property
    def strain(self) -> str:
        """What hops said although all arrived, or beside what did not."""
        return "; ".join(map(str, self.pressure.troubles))


@dataclass(frozen=True)
class Found:
    """The answer. `clean` is the highest rate at which nothing was lost, `lost` the first at which
    something was; `told` whether that is an answer at all.
    """

    summary: str
    told: bool
    clean: float | None = None
    lost: float | None = None
    first: Loss | None = None


def step(
    info: LoadInfo,
    ledger: Ledger,
    rate: float,
    effort: Effort,
    signals: Mapping[str, Judgement],
    pressure: Pressure,
) -> Step:
    """What came of one rate. What was lost is lost also where less was sent than was asked for."""
    losses = tuple(
        _loss(signal, judged, pressure)
        for signal, judged in signals.items()
        if judged.verdict is Verdict.MISSED
    )
    unknown = [f"{s}: {j.summary}" for s, j in signals.items() if j.verdict is Verdict.UNMEASURED]
    short = judge.shortfall(info, ledger, info.asked_rate or rate, effort)
    limit = judge.limit_of(ledger, effort) if short else None
    came = Came.CLEAN
    if losses:
        came = Came.LOST
    elif unknown:
        came = Came.UNKNOWN
    elif short:
        came = Came.SHORT
    return Step(
        rate,
        info.reached_rate,
        len(ledger),
        judge.percentile(judge.from_intended(ledger), 0.95),
        came,
        losses,
        limit,
        pressure,
        "; ".join(unknown) if unknown else (short or ""),
    )


def unknown(rate: float, why: str) -> Step:
    """A rate of which nothing is known: its load was killed, or a server could not be asked."""
    return Step(rate, 0.0, 0, 0.0, Came.UNKNOWN, why=why)


def _loss(signal: str, judged: Judgement, pressure: Pressure) -> Loss:
    """The hop furthest down the way that refused is the cause; those before it, the consequence."""
    own = [one for one in pressure.troubles if _concerns(one, signal)]
    refused = [one for one in reversed(own) if not one.retried]
    retried = [one for one in own if one.retried]
    told = "; ".join(map(str, [*refused, *(retried if refused else [])]))
    where = next((one.lost_at for one in judged.findings if one.lost_at), None)
    what = judged.summary.partition("; ")[0]
    return Loss(signal, what, told or where or "no hop says that it lost any")


def _concerns(trouble: Trouble, signal: str) -> bool:
    return trouble.retried or SIGNAL_OF.get(trouble.unit) == signal


def find(steps: Sequence[Step], highest: float, over: str) -> Found:
    """The answer of a row of steps, of which only the last one can be other than clean. `over` says
    why no further one was tried; `highest` is the rate up to which it was to go.
    """
    if not steps:
        return Found(f"no rate was tried: {over}", told=False)
    clean = max((one.reached for one in steps if one.came is Came.CLEAN), default=None)
    last = steps[-1]
    up_to = f"nothing was lost up to {clean:.0f}/s" if clean else "no rate below it was tried"
    if last.came is Came.LOST:
        first = last.losses[0]
        summary = (
            f"the pipeline loses at {last.reached:.0f} requests/s: {first.signal}: {first.where}; "
            f"{up_to}"
        )
        return Found(summary, told=True, clean=clean, lost=last.reached, first=first)
    if last.came is Came.UNKNOWN:
        summary = f"could not tell at {last.rate:.0f}/s: {last.why}; {up_to}"
        return Found(summary, told=False, clean=clean)
    if last.came is Came.SHORT and last.limit is not None:
        return _short(last, clean)
    if last.rate >= highest:
        return Found(f"{up_to}, the highest rate that was asked for", told=True, clean=clean)
    return Found(f"{up_to}; {over}", told=True, clean=clean)


def _short(last: Step, clean: float | None) -> Found:
    """The rate was not reached, and what was sent arrived. That the application gave out first is
    an answer; of the generator and the machine it says nothing about the stack.
    """
    limit = last.limit or judge.Limit(None, "who was the limit cannot be told")
    up_to = max(clean or 0.0, last.reached)
    summary = f"not found up to {up_to:.0f}/s ({last.why}): {limit.why}"
    return Found(summary, told=limit.who == "application", clean=up_to)
