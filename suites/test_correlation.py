"""Does each signal lead to the others, for every request?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest

from smokestack.drive.recent import Recent
from smokestack.judge import correlation
from smokestack.judge.metrics import ours_of
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import Exemplar, Ledger, LogLine, Trace
from smokestack.system import System


@pytest.fixture(scope="module")
def evidence(
    run: Run,
    requests_seen: Ledger,
    lines_seen: Collection[LogLine],
    traces_seen: Mapping[str, Trace],
    request: pytest.FixtureRequest,
) -> Evidence:
    """What is joined: the lines and traces that were read for logs.* and traces.*."""
    if run.no_traffic:
        recent: Recent = request.getfixturevalue("recent")
        return recent.asked
    shown = f"{len(lines_seen)} lines, {len(traces_seen)} traces"
    wanted = f"{len(requests_seen)} requests joined"
    return Evidence("join", f"run {run.run_id}", shown, wanted)


@pytest.mark.check("correlation.exemplar-to-trace")
@pytest.mark.needs("traces")
def test_exemplar_to_trace(
    run: Run,
    requests_seen: Ledger,
    exemplars_seen: Sequence[Exemplar],
    traces_seen: Mapping[str, Trace],
    evidence: Evidence,
    system: System,
) -> Judgement:
    """Each exemplar opens a trace that exists, is ours and is of its route."""
    ours = ours_of(requests_seen, exemplars_seen) if run.shared else exemplars_seen
    return correlation.exemplar_to_trace(system, requests_seen, ours, traces_seen, evidence)


@pytest.mark.check("correlation.trace-to-logs")
@pytest.mark.needs("logs")
@pytest.mark.needs("traces")
def test_trace_to_logs(
    system: System,
    requests_seen: Ledger,
    traces_seen: Mapping[str, Trace],
    lines_seen: Collection[LogLine],
    evidence: Evidence,
) -> Judgement:
    """Each trace leads to a line of every service in it."""
    return correlation.trace_to_logs(system, requests_seen, traces_seen, lines_seen, evidence)


@pytest.mark.check("correlation.logs-to-trace")
@pytest.mark.needs("logs")
@pytest.mark.needs("traces")
def test_logs_to_trace(
    system: System,
    requests_seen: Ledger,
    traces_seen: Mapping[str, Trace],
    lines_seen: Collection[LogLine],
    evidence: Evidence,
) -> Judgement:
    """Each line leads to its trace."""
    return correlation.logs_to_trace(system, requests_seen, traces_seen, lines_seen, evidence)


@pytest.mark.check("correlation.id-joins")
@pytest.mark.needs("logs")
@pytest.mark.needs("correlation")
def test_id_joins(
    system: System,
    requests_seen: Ledger,
    traces_seen: Mapping[str, Trace],
    lines_seen: Collection[LogLine],
    evidence: Evidence,
) -> Judgement:
    """One correlation id joins response, lines and spans, for every request."""
    return correlation.id_joins(system, requests_seen, traces_seen, lines_seen, evidence)
