"""Is the application worse since a deploy than it was before?"""

from __future__ import annotations

import pytest

from smokestack.drive.deploys import Reader
from smokestack.judge import deploy, deploy_latency, deploy_machine, deploy_messages, deploy_series
from smokestack.judge.conclude import excused, unmeasured
from smokestack.results import Judgement
from smokestack.system import System

MILLISECONDS = ("_ms", "_milliseconds")


@pytest.mark.check("deploy.error-rate")
def test_error_rate(system: System, deployed: Reader) -> Judgement:
    """No service fails more often than before."""
    requests = deployed.requests()
    strata = deploy.strata_of(requests, deployed.failed(requests))
    told = deploy.error_rate(strata, system.deploy.error_rate, deployed.windows)
    return deployed.with_queries(told)


@pytest.mark.check("deploy.latency")
def test_latency(system: System, deployed: Reader) -> Judgement:
    """No service is slower than before."""
    buckets = deployed.buckets()
    of = deploy_latency.histograms(buckets, deployed.failed(buckets))
    unit = 1000.0 if system.metrics.durations.endswith(MILLISECONDS) else 1.0
    told = deploy_latency.latency(of, system.deploy, unit, deployed.windows)
    others = deploy_machine.slower_too(deployed.other_scrapes(), system.deploy, deployed.windows)
    return deployed.with_queries(excused(told, others))


@pytest.mark.check("deploy.log-errors")
@pytest.mark.needs("logs")
def test_log_errors(system: System, deployed: Reader) -> Judgement:
    """No service logs more errors to a request than before."""
    promised = system.deploy
    told = deploy.log_errors(
        deployed.levels(), deployed.requests(), promised.error_levels, promised.log_errors,
        deployed.windows,
    )  # fmt: skip
    return deployed.with_queries(told)


@pytest.mark.check("deploy.new-errors")
@pytest.mark.needs("logs")
def test_new_errors(deployed: Reader) -> Judgement:
    """No error is logged that was not logged before."""
    requests = deployed.requests()
    weights = sum(requests.before.values()), sum(requests.after.values())
    told = deploy_messages.new_errors(deployed.messages(), weights, deployed.windows)
    return deployed.with_queries(told)


@pytest.mark.check("deploy.series")
def test_series(deployed: Reader) -> Judgement:
    """No metric vanished, and none of its labels."""
    if not deployed.long_enough():
        seconds = f"{deployed.windows.after_s:.0f} s"
        return unmeasured(f"not every target was scraped often enough in the {seconds} since")
    before, after = deployed.families()
    expected = deployed.expected(deploy_series.gone_families(before, after))
    told = deploy_series.series(before, after, expected, deployed.gauges(), deployed.windows)
    return deployed.with_queries(told)


@pytest.mark.check("deploy.alerts")
@pytest.mark.needs("alerts")
def test_alerts(deployed: Reader) -> Judgement:
    """No alert began to fire."""
    seen, rules = deployed.alerts()
    return deployed.with_queries(deploy_series.alerts(seen, rules, deployed.windows))
