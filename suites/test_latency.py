"""How long did each signal take from the last response to visible?"""

from __future__ import annotations

import pytest

from smokestack.drive.arrivals import Logs, Metrics, Traces
from smokestack.judge import latency
from smokestack.results import Judgement


@pytest.mark.check("latency.metrics")
def test_metrics(seen_metrics: Metrics, busy: str | None) -> Judgement:
    """Counters are scraped within the deadline."""
    return latency.arrival("metrics", seen_metrics.waited, seen_metrics.since_s, busy)


@pytest.mark.check("latency.logs")
@pytest.mark.needs("logs")
def test_logs(seen_logs: Logs, busy: str | None) -> Judgement:
    """Log events can be queried within the deadline."""
    return latency.arrival("logs", seen_logs.waited, seen_logs.since_s, busy)


@pytest.mark.check("latency.traces")
@pytest.mark.needs("traces")
def test_traces(seen_traces: Traces, busy: str | None) -> Judgement:
    """Traces can be found within the deadline."""
    return latency.arrival("traces", seen_traces.waited, seen_traces.since_s, busy)
