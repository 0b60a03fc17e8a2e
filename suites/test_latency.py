"""How long did each signal take from its event to visible, hop by hop?"""

from __future__ import annotations

import pytest

from smokestack.clients import Clients
from smokestack.drive import ingest
from smokestack.drive.arrivals import Logs, Metrics, Traces
from smokestack.judge import latency, waterfalls
from smokestack.judge.traces import expected_traces
from smokestack.judge.waterfalls import Scraped
from smokestack.results import Judgement
from smokestack.run import Run
from smokestack.samples import Ledger
from smokestack.system import System
from smokestack.timings import Timings


@pytest.mark.check("latency.metrics")
def test_metrics(
    run: Run, system: System, ledger: Ledger, seen_metrics: Metrics, waits: Timings,
    busy: str | None,
) -> Judgement:  # fmt: skip
    """Counters are scraped within the deadline, and each hop is in time."""
    arrived = latency.arrival("metrics", seen_metrics.waited, seen_metrics.since_s, busy)
    scraped = Scraped(seen_metrics.samples, seen_metrics.windows, seen_metrics.shown)
    way = waterfalls.of_metrics(system, ledger, scraped, waits)
    return latency.on_its_way(arrived, way, busy, run.clock.stepped())


@pytest.mark.check("latency.logs")
@pytest.mark.needs("logs")
def test_logs(
    run: Run, clients: Clients, system: System, seen_logs: Logs, waits: Timings, busy: str | None
) -> Judgement:
    """Log events can be queried within the deadline, and each hop is in time."""
    arrived = latency.arrival("logs", seen_logs.waited, seen_logs.since_s, busy)
    lines = waterfalls.access_events(system, seen_logs.lines)
    taken_in = ingest.of_loki(clients)
    way = waterfalls.of_lines("logs", lines, seen_logs.sightings, waits, taken_in)
    return latency.on_its_way(arrived, way, busy, run.clock.stepped())


@pytest.mark.check("latency.traces")
@pytest.mark.needs("traces")
def test_traces(
    run: Run, clients: Clients, system: System, ledger: Ledger, seen_traces: Traces,
    waits: Timings, busy: str | None,
) -> Judgement:  # fmt: skip
    """Traces can be found within the deadline, and each hop is in time."""
    arrived = latency.arrival("traces", seen_traces.waited, seen_traces.since_s, busy)
    ended = [request.ended_at for request, _ in expected_traces(system, ledger).values()]
    way = waterfalls.of_traces(ended, seen_traces.sightings, waits, ingest.of_traces(clients))
    return latency.on_its_way(arrived, way, busy, run.clock.stepped())
