"""What does telemetry cost a request, and is that within its budgets?"""

from __future__ import annotations

import pytest

from smokestack.arms import Compared
from smokestack.judge import overhead as judge
from smokestack.results import Judgement
from smokestack.system import System, given

pytestmark = pytest.mark.needs("overhead")


@pytest.mark.check("overhead.metrics")
def test_metrics(system: System, compared: Compared) -> Judgement:
    """Metrics alone cost no more than they may."""
    return judge.cost_of("metrics", given(system.overhead), compared)


@pytest.mark.check("overhead.logs")
def test_logs(system: System, compared: Compared) -> Judgement:
    """Logs alone cost no more than they may."""
    return judge.cost_of("logs", given(system.overhead), compared)


@pytest.mark.check("overhead.traces")
def test_traces(system: System, compared: Compared) -> Judgement:
    """Traces alone cost no more than they may."""
    return judge.cost_of("traces", given(system.overhead), compared)


@pytest.mark.check("overhead.all")
def test_all(system: System, compared: Compared) -> Judgement:
    """Everything on costs no more than it may."""
    return judge.cost_of("all", given(system.overhead), compared)
