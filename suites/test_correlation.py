"""Does each signal lead to the others, for every request?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from smokestack.drive.arrivals import Arrivals, Logs, Traces
from smokestack.judge import correlation
from smokestack.judge.metrics import ours_of
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import Exemplar, Ledger, Trace
from smokestack.system import System


@pytest.fixture(scope="module")
def found(system: System, request: pytest.FixtureRequest) -> Mapping[str, Trace]:
    """The traces of the traffic; none in a system without them."""
    if system.lacks("traces"):
        return {}
    seen: Traces = request.getfixturevalue("seen_traces")
    return seen.found


@pytest.fixture(scope="module")
def evidence(arrivals: Arrivals, seen_logs: Logs, found: Mapping[str, Trace]) -> Evidence:
    """What is joined: the lines and traces that were read for logs.* and traces.*."""
    shown = f"{len(seen_logs.lines)} lines, {len(found)} traces"
    wanted = f"{len(arrivals.sent.ledger)} requests joined"
    return Evidence("join", f"run {arrivals.sent.run_id}", shown, wanted)


@pytest.mark.check("correlation.exemplar-to-trace")
@pytest.mark.needs("traces")
def test_exemplar_to_trace(
    run: Run,
    ledger: Ledger,
    seen_exemplars: list[Exemplar],
    found: Mapping[str, Trace],
    evidence: Evidence,
    system: System,
) -> Judgement:
    """Each exemplar opens a trace that exists, is ours and is of its route."""
    ours = ours_of(ledger, seen_exemplars) if run.shared else seen_exemplars
    return correlation.exemplar_to_trace(system, ledger, ours, found, evidence)


@pytest.mark.check("correlation.trace-to-logs")
@pytest.mark.needs("logs")
@pytest.mark.needs("traces")
def test_trace_to_logs(
    system: System, ledger: Ledger, found: Mapping[str, Trace], seen_logs: Logs, evidence: Evidence
) -> Judgement:
    """Each trace leads to a line of every service in it."""
    return correlation.trace_to_logs(system, ledger, found, seen_logs.lines, evidence)


@pytest.mark.check("correlation.logs-to-trace")
@pytest.mark.needs("logs")
@pytest.mark.needs("traces")
def test_logs_to_trace(
    system: System, ledger: Ledger, found: Mapping[str, Trace], seen_logs: Logs, evidence: Evidence
) -> Judgement:
    """Each line leads to its trace."""
    return correlation.logs_to_trace(system, ledger, found, seen_logs.lines, evidence)


@pytest.mark.check("correlation.id-joins")
@pytest.mark.needs("logs")
@pytest.mark.needs("correlation")
def test_id_joins(
    system: System, ledger: Ledger, found: Mapping[str, Trace], seen_logs: Logs, evidence: Evidence
) -> Judgement:
    """One correlation id joins response, lines and spans, for every request."""
    return correlation.id_joins(system, ledger, found, seen_logs.lines, evidence)
