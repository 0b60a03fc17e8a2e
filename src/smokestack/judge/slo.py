"""slo.*: do client and stack agree on how good the service was, and was it good enough?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smokestack.judge.conclude import conclude, unmeasured, untimed
from smokestack.results import Evidence, Finding, Judgement, Measurement, Verdict
from smokestack.samples import Ledger, Request, SliSeen
from smokestack.system import Slo

DAY_S = 86400.0


@dataclass(frozen=True)
class Figures:
    """Good events of all, and what follows from them for an objective."""

    good: float
    total: float
    budget: float
    run_s: float
    window_s: float

    @property
    def sli(self) -> float:
        """The share of good events."""
        return self.good / self.total

    @property
    def bad(self) -> float:
        """How many were not good."""
        return self.total - self.good

    @property
    def allowed(self) -> float:
        """How many of them may be bad."""
        return self.budget * self.total

    @property
    def burn_rate(self) -> float:
        """How many times as fast as the objective allows the budget is spent; 1 just uses it up."""
        return self.bad / self.allowed

    @property
    def spent(self) -> float:
        """The share of the whole time window's budget that the run has spent, at even traffic."""
        return self.burn_rate * self.run_s / self.window_s

    def shown(self) -> str:
        """All of it in one line."""
        return (
            f"{self.sli:.3%} good ({self.good:g} of {self.total:g}), burn rate "
            f"{self.burn_rate:.2f}, {self.spent:.4%} of the budget of {self.window_s / DAY_S:g} d"
        )


@dataclass(frozen=True)
class SeenByClient:
    """The ledger's requests that an SLO is about. `near` took longer than the threshold, by less
    than the stated distance: for the server they may have been in time. Of `unknown` no answer
    came: for the client they are bad, the server may have counted them.
    """

    good: int
    near: int
    unknown: int
    total: int


def seen_by_client(slo: Slo, ledger: Ledger) -> SeenByClient:
    """Count what the client saw."""
    good = near = unknown = total = 0
    for request in ledger.requests:
        if request.route in slo.client.left_out:
            continue
        total += 1
        unknown += request.status is None
        good += _good(slo, request)
        near += _near(slo, request)
    return SeenByClient(good, near, unknown, total)


def _good(slo: Slo, request: Request) -> bool:
    if request.status is None:
        return False
    if slo.client.within is not None:
        return request.latency_s <= slo.client.within
    return request.status < 500


def _near(slo: Slo, request: Request) -> bool:
    within, distance = slo.client.within, slo.client.distance
    if request.status is None or within is None or distance is None:
        return False
    return within < request.latency_s <= within + distance


def agreement(
    slo: Slo,
    ledger: Ledger,
    seen: SliSeen | None,
    broken: Sequence[str] = (),
    busy: str | None = None,
    *,
    shared: bool = False,
) -> Judgement:
    """What the client saw and what Prometheus counted are the same, within the stated bound.

    `broken` is why counters cannot be believed; `busy` why a client's latencies cannot. Where
    others send too (`shared`), Prometheus has theirs as well: at least ours.
    """
    client = seen_by_client(slo, ledger)
    seen_or_why = _readable(slo, client, seen, broken)
    if isinstance(seen_or_why, str):
        return unmeasured(seen_or_why)
    stack, bound = seen_or_why, client.near + client.unknown
    answered = client.total - client.unknown
    findings = [
        *_apart("counted in all", answered, client.unknown, stack.total.grown, shared=shared),
        *_apart("good", client.good, bound, stack.good, shared=shared),
    ]
    evidence = _evidence(slo, ledger, client, stack)
    if findings and busy and slo.client.within is not None:
        return untimed(busy, findings[0].detail, evidence)
    theirs = _figures(slo, ledger, stack.good, stack.total.grown)
    ours = _figures(slo, ledger, client.good, client.total)
    apart = abs(stack.good - client.good)
    allowed = "at least the client's, as others send too" if shared else f"{bound} allowed"
    return conclude(
        f"client {ours.sli:.3%} ({ours.good:g} of {ours.total:g}), Prometheus {theirs.sli:.3%} "
        f"({theirs.good:g} of {theirs.total:g}): {apart:g} apart, {allowed}",
        findings,
        evidence,
        exercised=client.total,
        measurements=[
            Measurement(f"slo.{slo.name}.sli.client", round(ours.sli, 6), "share"),
            Measurement(f"slo.{slo.name}.sli.prometheus", round(theirs.sli, 6), "share"),
            Measurement(f"slo.{slo.name}.apart", apart, "requests", None if shared else bound),
        ],
    )


def _readable(
    slo: Slo, client: SeenByClient, seen: SliSeen | None, broken: Sequence[str]
) -> SliSeen | str:
    """What Prometheus counted, or why nothing follows from it."""
    if broken:
        return "; ".join(broken)
    if not client.total:
        return "the ledger has no request that this SLO is about"
    if seen is None:
        return f"{slo.document.spec.service}: no successful scrape before and after the load"
    for counted in (seen.numerator, seen.total):
        if counted.grown < 0:
            return f"{counted.query} fell from {counted.before:g} to {counted.after or 0:g}"
    if seen.total.grown == 0:
        return f"{seen.total.query} counted nothing, of {client.total} requests of the ledger"
    return seen


def _apart(what: str, least: int, more: int, found: float, *, shared: bool) -> list[Finding]:
    """A finding where a count lies outside of its bound; where others are counted, too, it has
    none above.
    """
    if least <= found <= (found if shared else least + more):
        return []
    bound = f"{least}" if not more else f"{least} to {least + more}"
    bound = f"at least {least}" if shared else bound
    return [Finding(f"{what}: {bound} by the ledger, {found:g} by Prometheus")]


def _figures(slo: Slo, ledger: Ledger, good: float, total: float) -> Figures:
    run_s = ledger.last_at - ledger.first_at
    return Figures(good, total, float(slo.document.budget), run_s, slo.document.window_s)


def _evidence(
    slo: Slo, ledger: Ledger, client: SeenByClient, seen: SliSeen | None
) -> list[Evidence]:
    """Both sides, figure for figure, and what `rate()` makes of it."""
    ours = _figures(slo, ledger, client.good, client.total).shown()
    what = "answers below 500"
    if slo.client.within is not None:
        what = f"answers within {slo.client.within:g} s"
    least = f"at least {float(slo.document.target):.5g} good"
    found = [Evidence("client", f"{what}, in the ledger", ours, least)]
    if seen is None or seen.total.grown <= 0:
        return found
    theirs = _figures(slo, ledger, seen.good, seen.total.grown).shown()
    query = f"{seen.numerator.query} of {seen.total.query}"
    found.append(Evidence("prometheus", query, theirs, ours, seen.repeat))
    rate = "nothing" if seen.by_rate is None else f"{seen.by_rate:.3%} good"
    told = "extrapolated, and blind to a series' first sample: shown, not judged"
    return [*found, Evidence("rate()", query, rate, told)]


def objective(
    slo: Slo,
    ledger: Ledger,
    seen: SliSeen | None,
    broken: Sequence[str] = (),
    busy: str | None = None,
) -> Judgement:
    """The share of good events reaches the objective, for the client and for Prometheus.

    Unmeasured where not even one request may be bad: then a single one would decide.
    """
    client = seen_by_client(slo, ledger)
    if not client.total:
        return unmeasured("the ledger has no request that this SLO is about")
    ours = _figures(slo, ledger, client.good, client.total)
    evidence = _evidence(slo, ledger, client, seen)
    if ours.allowed < 1:
        needed = f"{1 / ours.budget:.0f} needed, so that one of them may be bad"
        return unmeasured(f"{ours.total:g} requests are too few to tell: {needed}", evidence)
    readable = _readable(slo, client, seen, broken)
    findings = below(slo, "the client", ours)
    measured = list(_measured(slo, "client", ours))
    if isinstance(readable, SliSeen):
        theirs = _figures(slo, ledger, readable.good, readable.total.grown)
        findings += below(slo, "Prometheus", theirs)
        measured += _measured(slo, "prometheus", theirs)
    elif not findings:
        return unmeasured(readable, evidence)
    met = (
        f"{ours.sli:.3%} of {ours.total:g} requests good, {promised(slo)} promised: {ours.bad:g} "
        f"bad of {ours.allowed:.1f} allowed, burn rate {ours.burn_rate:.2f}, "
        f"{ours.spent:.4%} of the budget of {ours.window_s / DAY_S:g} d spent"
    )
    judgement = conclude(met, findings, evidence, measurements=measured)
    if busy and slo.client.within is not None and judgement.verdict is Verdict.MISSED:
        return untimed(busy, judgement.summary, evidence)
    return judgement


def promised(slo: Slo) -> str:
    """The share of good events that the objective asks for."""
    return f"{float(slo.document.target * 100):g}%"


def below(slo: Slo, whose: str, figures: Figures) -> list[Finding]:
    """A finding where more were bad than allowed. Counts are compared: shares are rounded."""
    if figures.bad <= figures.allowed + 1e-9:
        return []
    return [
        Finding(
            f"{figures.sli:.3%} of {figures.total:g} requests good for {whose}, {promised(slo)} "
            f"promised: {figures.bad:g} bad of {figures.allowed:.1f} allowed, burn rate "
            f"{figures.burn_rate:.2f}"
        )
    ]


def _measured(slo: Slo, whose: str, figures: Figures) -> Sequence[Measurement]:
    return (
        Measurement(f"slo.{slo.name}.burn_rate.{whose}", round(figures.burn_rate, 4), "times", 1.0),
        Measurement(f"slo.{slo.name}.budget_spent.{whose}", round(figures.spent, 8), "share", 1.0),
    )
