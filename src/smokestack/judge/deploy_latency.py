"""deploy.latency: did answers become slower, route by route?

A histogram has no latencies, but how many of them lie above each bound of its buckets: exactly, for
each bound. So a quantile is not compared with a quantile, which would be interpolated twice; a
request is slow if it took longer than the bucket's bound next above what its own route's quantile
was before, with what matters added. That makes a share, which is compared exactly. Routes keep to
themselves: that more of a slow one is asked for is no change of any.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from smokestack.deploys import Grown, Labels, Windows
from smokestack.judge.conclude import named, unmeasured
from smokestack.judge.deploy import Answer, Question, asked, concluded, route_of, said
from smokestack.judge.proportions import Stratum
from smokestack.results import Judgement
from smokestack.system import Deploy

FEWEST = 2.0
"""A quantile is known of a route if so many requests lay above it before."""


@dataclass
class Histogram:
    """How many took no longer than each bound, before and after; the last bound is infinite."""

    before: dict[float, float] = field(default_factory=lambda: defaultdict(float))
    after: dict[float, float] = field(default_factory=lambda: defaultdict(float))

    def quantile(self, share: float) -> float | None:
        """A quantile of before, as `histogram_quantile` has it; None where it cannot be told."""
        bounds = sorted(self.before)
        if not bounds or not math.isinf(bounds[-1]):
            return None
        whole = self.before[bounds[-1]]
        if whole * (1 - share) < FEWEST:
            return None
        low, below = 0.0, 0.0
        for bound in bounds:
            upto = self.before[bound]
            if upto >= share * whole:
                inside = upto - below
                return low + (bound - low) * (share * whole - below) / inside if inside else bound
            low, below = bound, upto
        return None

    def above(self, least: float) -> float | None:
        """The bound next above; None where only the infinite one is."""
        return next((one for one in sorted(self.before) if least <= one < math.inf), None)

    def stratum(self, name: str, bound: float) -> Stratum:
        """How many took longer than a bound."""
        whole = [round(counts.get(math.inf, 0.0)) for counts in (self.before, self.after)]
        upto = [round(counts.get(bound, 0.0)) for counts in (self.before, self.after)]
        slow = [max(0, of - in_time) for of, in_time in zip(whole, upto, strict=True)]
        return Stratum(name, whole[0], slow[0], whole[1], slow[1])


Histograms = Mapping[str, Mapping[str, Histogram]]


def histograms(buckets: Grown, failed: set[Labels]) -> Histograms:
    """By service and route, without requests that failed: those have a check of their own."""
    found: dict[str, dict[str, Histogram]] = defaultdict(lambda: defaultdict(Histogram))
    for counts, which in ((buckets.before, "before"), (buckets.after, "after")):
        for labels, number in counts.items():
            if labels in failed:
                continue
            of = dict(labels)
            one = found[of.get("service", "")][route_of(of)]
            getattr(one, which)[float(of["le"])] += number
    return found


def latency(of: Histograms, promised: Deploy, unit: float, windows: Windows) -> Judgement:
    """Whether a quantile rose by more than what matters, of any service. `unit`: how many of the
    histogram's unit a second has.
    """
    if not of:
        return unmeasured(f"no latency was counted, {said(windows)}")
    answers = [_at(share, of, promised, unit) for share in promised.latency.quantiles]
    told = sum(one.told for one in answers)
    whole = Answer(
        tuple(finding for one in answers for finding in one.worse),
        tuple(text for one in answers for text in one.untold),
        tuple(evidence for one in answers for evidence in one.seen),
        tuple(figure for one in answers for figure in one.figures),
        told,
    )
    quantiles = named(f"p{share * 100:g}" for share in promised.latency.quantiles)
    return concluded(whole, f"no service is slower ({quantiles}), {said(windows)}", windows)


def _at(share: float, of: Histograms, promised: Deploy, unit: float) -> Answer:
    strata: dict[str, list[Stratum]] = {}
    untold: list[str] = []
    for service, routes in of.items():
        found = [_slow(route, one, share, promised, unit) for route, one in sorted(routes.items())]
        strata[service] = [one for one in found if one is not None]
        if not strata[service]:
            untold.append(f"{service}: too few requests before for its p{share * 100:g}")
    known = {service: told for service, told in strata.items() if told}
    question = Question(f"above its p{share * 100:g} of before", limit=1 - share)
    answer = asked(question, known, f"deploy.latency.p{share * 100:g}")
    return Answer(answer.worse, (*answer.untold, *untold), answer.seen, answer.figures, answer.told)


def _slow(
    route: str, one: Histogram, share: float, promised: Deploy, unit: float
) -> Stratum | None:
    """The requests to a route, and those that are slow by what was before."""
    was = one.quantile(share)
    if was is None:
        return None
    slower = promised.latency
    bound = one.above(max(was * (1 + slower.share), was + slower.at_least * unit))
    if bound is None:
        return None
    shown = f"{route} longer than {bound / unit * 1000:g} ms (p{share * 100:g} was "
    return one.stratum(f"{shown}{was / unit * 1000:.3g} ms)", bound)
