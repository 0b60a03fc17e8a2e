"""Is everything scraped that must be, by the servers that we think run, on one clock?"""

from __future__ import annotations

import pytest

from smokestack.clients import Clients
from smokestack.judge import targets
from smokestack.judge.conclude import unmeasured
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.prometheus import Prometheus
from smokestack.results import Judgement
from smokestack.stack.backend import Stack
from smokestack.system import System
from smokestack.wait import POLL_S, until

TARGETS = "/api/v1/targets"
POLLS = 10
"""So often within one scrape interval it is asked whether all are up by now."""


@pytest.mark.check("targets.jobs")
def test_jobs(system: System, stack: Stack, prometheus: Prometheus) -> Judgement:
    """Every scrape job that system.yaml expects is there, at its interval, and no other."""
    found = prometheus.targets()
    expected = system.scraped(stack.absent)
    return targets.jobs(expected, found, stack.factor, prometheus.edge.repeat(TARGETS))


@pytest.mark.check("targets.up")
def test_up(
    system: System, stack: Stack, prometheus: Prometheus, deadlines: Deadlines
) -> Judgement:
    """Every expected scrape target answers, within the time of one more scrape."""
    waited = until(
        prometheus.scraped,
        lambda found: all(target.health == "up" for target in found),
        within_s=deadlines.metrics_s,
        every_s=max(POLL_S, deadlines.timings.scrape_s / POLLS),
        describe=lambda found: f"{sum(t.health == 'up' for t in found)} of {len(found)} up",
        what="targets up",
    )
    if waited.value is None:
        return unmeasured(waited.error or "Prometheus could not be asked")
    return targets.up(system.scraped(stack.absent), waited.value, prometheus.edge.repeat(TARGETS))


@pytest.mark.check("targets.versions")
def test_versions(system: System, clients: Clients) -> Judgement:
    """Each server is of the version that the system was proven with."""
    return targets.versions(system.versions, clients.versions_told())


@pytest.mark.check("targets.clock-skew")
def test_clock_skew(system: System, clients: Clients) -> Judgement:
    """The clocks of servers and harness agree."""
    return targets.clock_skew(
        system.clock_skew, clients.clock_skews(), hearsay=clients.behind_others
    )
