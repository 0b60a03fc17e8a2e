"""Is nothing lost under load, and did the load come to be?"""

from __future__ import annotations

import pytest

from smokestack import reconcile
from smokestack.clients import Clients
from smokestack.drive.under_load import Borne
from smokestack.judge import load as judge
from smokestack.judge.conclude import late_or_lost
from smokestack.results import Judgement
from smokestack.run import Run
from smokestack.system import System


@pytest.mark.check("load.rate")
def test_rate(borne: Borne) -> Judgement:
    """As many requests a second as were asked for were sent when they were due, and answered."""
    load = borne.load
    return judge.rate(load.info, load.ledger, borne.asked.rate, borne.effort)


@pytest.mark.check("load.metrics")
def test_metrics(system: System, clients: Clients, borne: Borne) -> Judgement:
    """Every request of the load was counted."""
    return reconcile.of_metrics(system, clients, borne)


@pytest.mark.check("load.logs")
@pytest.mark.needs("logs")
def test_logs(system: System, clients: Clients, borne: Borne, borne_busy: str | None) -> Judgement:
    """Every access event of the load arrived, once."""
    return late_or_lost(reconcile.of_logs(system, clients, borne), borne_busy)


@pytest.mark.check("load.traces")
@pytest.mark.needs("traces")
def test_traces(
    system: System, clients: Clients, borne: Borne, borne_busy: str | None
) -> Judgement:
    """Every trace of the load arrived."""
    return late_or_lost(reconcile.of_traces(system, clients, borne), borne_busy)


@pytest.mark.check("load.pipeline")
def test_pipeline(run: Run, system: System, borne: Borne) -> Judgement:
    """No hop refused, dropped or discarded any of it, and no queue filled up."""
    fullest = system.under_load.fullest_queue if system.under_load else judge.FULLEST
    windows = borne.arrivals.metrics.result().windows
    scrapes = judge.failed_scrapes(windows, run.running.factor)
    return judge.pipeline(borne.pressure, fullest, scrapes)
