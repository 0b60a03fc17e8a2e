"""Is everything scraped that must be, by the servers that we think run, on one clock?"""

from __future__ import annotations

import pytest

from smokestack.clients import Clients
from smokestack.judge import targets
from smokestack.observe.prometheus import Prometheus
from smokestack.results import Judgement
from smokestack.stack.native import NativeStack
from smokestack.system import System

TARGETS = "/api/v1/targets"


@pytest.mark.check("targets.jobs")
def test_jobs(system: System, stack: NativeStack, prometheus: Prometheus) -> Judgement:
    """Every scrape job that system.yaml expects is there, at its interval, and no other."""
    found = prometheus.targets()
    return targets.jobs(system, found, stack.factor, prometheus.edge.repeat(TARGETS))


@pytest.mark.check("targets.up")
def test_up(system: System, prometheus: Prometheus) -> Judgement:
    """Every expected scrape target answers."""
    return targets.up(system, prometheus.targets(), prometheus.edge.repeat(TARGETS))


@pytest.mark.check("targets.versions")
def test_versions(system: System, clients: Clients) -> Judgement:
    """Each server is of the version that the system was proven with."""
    return targets.versions(system.versions, clients.versions())


@pytest.mark.check("targets.clock-skew")
def test_clock_skew(system: System, clients: Clients) -> Judgement:
    """The clocks of servers and harness agree."""
    return targets.clock_skew(system.clock_skew, clients.clock_skews(), {})
