"""Is what the application pushes through the collector whole, cumulative and fresh?"""

from __future__ import annotations

import pytest

from smokestack.drive.pushes import push_selector
from smokestack.judge import push as judge
from smokestack.judge.push import Pushed
from smokestack.observe.prometheus import Prometheus
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import Ledger
from smokestack.system import System
from smokestack.wait import Waited

pytestmark = pytest.mark.needs("push")


@pytest.fixture(scope="module")
def evidence(
    system: System, prometheus: Prometheus, seen_pushes: tuple[Pushed, Waited[float]]
) -> Evidence:
    """The one query that both checks take."""
    selector = push_selector(system)
    return Evidence(
        "raw samples",
        selector,
        f"{len(seen_pushes[0].samples)} samples",
        "the ledger x declared copies, at every interval",
        prometheus.repeat(f"{selector}[5m]"),
    )


@pytest.mark.check("push.counter-delta")
def test_counter_delta(
    run: Run,
    system: System,
    ledger: Ledger,
    seen_pushes: tuple[Pushed, Waited[float]],
    evidence: Evidence,
) -> Judgement:
    """Pushed counters grew by what the ledger has, and never fell."""
    pushed, waited = seen_pushes
    return judge.counter_delta(system, ledger, pushed, waited, evidence, run.shared)


@pytest.mark.check("push.freshness")
def test_freshness(
    system: System,
    seen_pushes: tuple[Pushed, Waited[float]],
    busy: str | None,
    evidence: Evidence,
) -> Judgement:
    """Every family is pushed at its interval, until now, and is not scraped as well."""
    return judge.freshness(system, seen_pushes[0], busy, evidence)
