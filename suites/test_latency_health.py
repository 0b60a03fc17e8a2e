"""Do health endpoints answer in their time? Last, when no traffic is counted any more."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from smokestack.judge import health
from smokestack.judge.health import HealthSeen
from smokestack.results import Judgement
from smokestack.system import System


@pytest.mark.check("latency.health")
@pytest.mark.needs("health")
def test_health(system: System, seen_health: Sequence[HealthSeen]) -> Judgement:
    """Each endpoint answers 95% of its requests in time, and says what it must."""
    return health.health(system.health, seen_health)
