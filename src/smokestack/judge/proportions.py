"""Whether a share rose from one window to another, by what was counted in both.

Requests are compared within their stratum (their route) and only then added up: when more of a slow
or failing route is asked for, nothing became worse. The test is exact: given how many of both
windows were bad in each stratum, how many of them fall into the second window is hypergeometric if
nothing changed, and the sum over strata is a convolution (Gart 1970; R's
`mantelhaen.test(exact=TRUE)`; with one stratum it is Fisher's). Bounds of shares are Wilson's,
that of the difference is Newcombe's hybrid of both (Statistics in Medicine 17, 1998, method 10),
weighted as requests are spread after the deploy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ERROR = 0.001
"""By chance alone, one check of all that are asked finds something once in a thousand deploys."""

Z = 2.326
"""The normal quantile of 99%: what is said to stay below a bound does, but once in a hundred."""

EXACT = 4000
"""With more bad ones than this the normal approximation is as good, and quicker."""


@dataclass(frozen=True)
class Stratum:
    """What is compared with itself: how many there were, and how many of them were bad."""

    name: str
    before: int
    bad_before: int
    after: int
    bad_after: int


@dataclass(frozen=True)
class Rise:
    """Shares before and after, the first as if requests had been spread as in the second. `p` is
    the chance of so many bad ones if nothing had changed. `most` and `after_most` are what the
    difference, and the share after, are at most.
    """

    before: float
    after: float
    p: float
    most: float
    after_most: float
    requests: tuple[int, int]

    @property
    def by(self) -> float:
        """The difference of the shares."""
        return self.after - self.before


def rise(strata: Sequence[Stratum]) -> Rise | None:
    """Compare; None where no stratum has something in both windows.

    A stratum in which everything was bad before cannot get worse, and is left out.
    """
    told = [s for s in strata if s.before and s.after and s.bad_before < s.before]
    if not told:
        return None
    many = sum(s.after for s in told)
    after = sum(s.bad_after for s in told) / many
    weights = [s.after / many for s in told]
    before = sum(w * s.bad_before / s.before for w, s in zip(weights, told, strict=True))
    as_many = 1 / sum(w * w / s.before for w, s in zip(weights, told, strict=True))
    low_before, high_after = wilson(before, as_many)[0], wilson(after, many)[1]
    most = after - before + math.hypot(high_after - after, before - low_before)
    counted = (sum(s.before for s in told), many)
    return Rise(before, after, chance(told), most, high_after, counted)


def wilson(share: float, number: float) -> tuple[float, float]:
    """The bounds of a share that was seen in so many (Wilson 1927)."""
    square = Z * Z
    centre = (share + square / (2 * number)) / (1 + square / number)
    spread = share * (1 - share) / number + square / (4 * number * number)
    half = Z * math.sqrt(spread) / (1 + square / number)
    return max(0.0, centre - half), min(1.0, centre + half)


def chance(strata: Sequence[Stratum]) -> float:
    """The chance of as many bad ones after, or more, if nothing changed in any stratum."""
    seen = sum(s.bad_after for s in strata)
    if sum(s.bad_before + s.bad_after for s in strata) > EXACT:
        return _approximately(strata, seen)
    least, law = 0, np.ones(1)
    for stratum in strata:
        first, one = _hypergeometric(stratum)
        least, law = least + first, np.convolve(law, one)
    return min(1.0, float(law[seen - least :].sum()))


def _hypergeometric(stratum: Stratum) -> tuple[int, Floats]:
    """How likely each number of bad ones after is: the smallest number, and the chances."""
    bad = stratum.bad_before + stratum.bad_after
    least, most = max(0, bad - stratum.before), min(bad, stratum.after)
    whole = _ways(stratum.before + stratum.after, bad)
    logs = [
        _ways(stratum.after, k) + _ways(stratum.before, bad - k) - whole
        for k in range(least, most + 1)
    ]
    return least, np.exp(np.array(logs))


def _ways(number: int, chosen: int) -> float:
    """The logarithm of the binomial coefficient."""
    return math.lgamma(number + 1) - math.lgamma(chosen + 1) - math.lgamma(number - chosen + 1)


def _approximately(strata: Sequence[Stratum], seen: int) -> float:
    """The same by mean and variance, with a correction for continuity (Mantel and Haenszel)."""
    mean = variance = 0.0
    for s in strata:
        total, bad = s.before + s.after, s.bad_before + s.bad_after
        mean += s.after * bad / total
        variance += s.after * s.before * bad * (total - bad) / (total * total * max(1, total - 1))
    if variance == 0:
        return 1.0
    return 0.5 * math.erfc((seen - 0.5 - mean) / math.sqrt(2 * variance))


def share_of(events: int, seen: int, share: float) -> float:
    """The chance that `seen` or more of so many independent events fall to one that gets a share of
    them: the exact test that compares two rates (Przyborowski and Wilenski 1940).
    """
    if seen <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    if events > EXACT * 10:
        spread = math.sqrt(2 * events * share * (1 - share))
        return 0.5 * math.erfc((seen - 0.5 - events * share) / spread)
    ones, others = math.log(share), math.log1p(-share)
    logs = (_ways(events, k) + k * ones + (events - k) * others for k in range(seen, events + 1))
    return min(1.0, math.fsum(map(math.exp, logs)))


def poisson(count: float) -> tuple[float, float]:
    """The bounds of what was expected where so many came (score bounds)."""
    centre, half = count + Z * Z / 2, Z * math.sqrt(count + Z * Z / 4)
    return centre - half, centre + half
