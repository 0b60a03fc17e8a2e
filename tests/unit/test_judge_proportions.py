"""The exact test of two shares in strata, against tables, enumeration and chance itself."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from smokestack.judge import proportions
from smokestack.judge.proportions import Stratum, chance, poisson, rise, share_of, wilson


def test_one_stratum_is_fishers_test() -> None:
    """1 of 10 and 11 of 14, as in many textbooks: one-sided p = 0.001380 (R's fisher.test)."""
    assert chance([Stratum("", 10, 1, 14, 11)]) == pytest.approx(0.001379728, rel=1e-6)
    assert chance([Stratum("", 10, 5, 14, 0)]) == 1.0


def test_several_strata_are_all_tables_counted() -> None:
    """The sum over strata, as every way of choosing who is bad gives it."""
    strata = [Stratum("a", 3, 1, 4, 3), Stratum("b", 5, 0, 2, 1)]
    law: dict[int, float] = {}
    whole = 1
    for stratum in strata:
        whole *= math.comb(stratum.before + stratum.after, stratum.bad_before + stratum.bad_after)
    for found in itertools.product(range(8), repeat=2):
        ways = 1
        for s, k in zip(strata, found, strict=True):
            rest = s.bad_before + s.bad_after - k
            ways *= math.comb(s.after, k) * (math.comb(s.before, rest) if rest >= 0 else 0)
        law[sum(found)] = law.get(sum(found), 0) + ways / whole
    assert chance(strata) == pytest.approx(sum(p for k, p in law.items() if k >= 4))


def test_many_are_told_by_the_normal_law(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what is worked out exactly, the approximation gives the same to a few per cent."""
    strata = [Stratum("a", 9000, 450, 9000, 520), Stratum("b", 2000, 300, 4000, 640)]
    exact = chance(strata)
    monkeypatch.setattr(proportions, "EXACT", 10)
    assert chance(strata) == pytest.approx(exact, rel=0.05)
    assert chance([Stratum("a", 100, 0, 100, 0)]) == 1.0


def test_more_of_a_failing_route_is_no_rise() -> None:
    """Each route fails as often as before, and the failing one is asked for five times as often."""
    before_and_after = [Stratum("good", 1000, 0, 500, 0), Stratum("poor", 100, 20, 500, 100)]
    seen = rise(before_and_after)
    assert seen is not None
    assert seen.after == pytest.approx(0.1)
    assert seen.before == pytest.approx(0.1)
    assert seen.p > 0.4


def test_what_cannot_be_compared_is_left_out() -> None:
    """A route of one window alone; one of which every request failed already."""
    assert rise([Stratum("new", 0, 0, 50, 10), Stratum("old", 50, 0, 0, 0)]) is None
    assert rise([Stratum("broken", 50, 50, 50, 50)]) is None


def test_unchanged_traffic_is_seldom_called_worse() -> None:
    """Of 400 pairs of equal windows over ten routes, at most the stated share is found by chance:
    the exact test errs less than it says.
    """
    random = np.random.default_rng(7)
    found = 0
    for _ in range(400):
        strata = [
            Stratum(
                str(n), 200, int(random.binomial(200, 0.02)), 60, int(random.binomial(60, 0.02))
            )
            for n in range(10)
        ]
        found += chance(strata) < 0.01
    assert found <= 8


def test_bounds() -> None:
    """None of 1000 is at most 0.54% (Wilson, 99%); the bounds hold the share that was seen."""
    assert wilson(0, 1000)[0] == 0
    assert wilson(0, 1000)[1] == pytest.approx(0.00538, rel=0.01)
    low, high = wilson(0.3, 50)
    assert low < 0.3 < high
    assert poisson(0)[0] == pytest.approx(0)
    least, most = poisson(16)
    assert least < 16 < most


def test_the_share_of_events_that_one_window_gets() -> None:
    """Ten heads of ten, and the approximation for very many."""
    assert share_of(10, 10, 0.5) == pytest.approx(2**-10)
    assert share_of(10, 0, 0.5) == 1
    assert share_of(3, 3, 1.0) == 1
    assert share_of(3, 3, 0.0) == 0
    assert share_of(100_000, 50_300, 0.5) == pytest.approx(0.0289, rel=0.01)
