"""Do client and stack agree on how good the service was, and was it as good as promised?"""

from __future__ import annotations

import pytest

from smokestack.judge import slo as judge
from smokestack.judge.burn import objective_lately
from smokestack.results import Judgement
from smokestack.run import Run
from smokestack.samples import Ledger, SliSeen
from smokestack.system import Slo

pytestmark = pytest.mark.needs("slos")


@pytest.fixture(scope="module")
def slow(run: Run, ledger: Ledger, busy: str | None) -> str | None:
    """Why a client's latencies say nothing on this machine right now, or None.

    A load that falls short has no user free when a request is due: they wait for each other.
    """
    short = [f"{load.info.name} fell short: {load.info.shortfall}" for load in run.loads
             if load.info.shortfall]  # fmt: skip
    return busy or next(iter(short), None)


@pytest.mark.check("slo.agreement")
def test_agreement(
    run: Run,
    slo: Slo,
    ledger: Ledger,
    seen_sli: SliSeen | None,
    counters_broken: tuple[str, ...],
    slow: str | None,
) -> Judgement:
    """The client's figure and Prometheus' are the same, within the stated bound."""
    shared = run.shared is not None
    return judge.agreement(slo, ledger, seen_sli, counters_broken, slow, shared=shared)


@pytest.mark.check("slo.objective")
def test_objective(
    run: Run, slo: Slo, after_traffic: None, request: pytest.FixtureRequest
) -> Judgement:
    """The objective is reached, and how fast its error budget is spent."""
    if run.no_traffic:
        return objective_lately(slo, *request.getfixturevalue("sli_lately"))
    names = ("ledger", "seen_sli", "counters_broken", "slow")
    return judge.objective(slo, *map(request.getfixturevalue, names))
