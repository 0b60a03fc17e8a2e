"""How long did alerts, and what tells of failed requests, take on their way, hop by hop?

After the alerts were lived through, whose times these are.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from smokestack.clients import Clients
from smokestack.drive import ingest
from smokestack.drive.burst import Burst, Failed
from smokestack.judge import latency, waterfalls
from smokestack.judge.alert_way import Lived, of_alerts
from smokestack.judge.error_way import lost
from smokestack.results import Judgement
from smokestack.run import Run
from smokestack.timings import Timings

pytestmark = pytest.mark.needs("alerts")


@pytest.mark.check("latency.alerts")
def test_alerts(
    run: Run, clients: Clients, lived: Sequence[Lived], waits: Timings, lived_busy: str | None
) -> Judgement:
    """Each hop of each alert, from its cause to whoever was told, is in time."""
    way, late, untold = of_alerts(lived, waits, ingest.of_notifications(clients))
    return latency.of_lives(way, late, untold, lived_busy, run.clock.stepped())


@pytest.mark.check("latency.errors")
@pytest.mark.needs("logs")
def test_errors(
    run: Run, clients: Clients, burst: Burst, failed: Failed, waits: Timings,
    lived_busy: str | None,
) -> Judgement:  # fmt: skip
    """The lines and traces of failed requests are there, each hop in time."""
    taken_in = ingest.of_loki(clients)
    way = waterfalls.of_lines("errors", failed.lines, burst.looks.sightings, waits, taken_in)
    findings, evidence = lost(
        len(failed.lines), failed.expected_lines, failed.traces, failed.lacking, failed.query
    )
    return latency.of_errors(way, findings, evidence, lived_busy, run.clock.stepped())
