"""Did every expected trace arrive, whole, with the right names, and no other?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from smokestack.drive.arrivals import Arrivals, Traces
from smokestack.drive.recent import Recent
from smokestack.judge import traces as judge
from smokestack.observe.traces import TraceStore
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import Ledger, Trace
from smokestack.system import System, given

pytestmark = pytest.mark.needs("traces")


@pytest.fixture(scope="module")
def evidence(run: Run, system: System, request: pytest.FixtureRequest) -> Evidence:
    """The search by the mark that baggage carried into every span; what a sample took where
    nothing was sent.
    """
    if run.no_traffic:
        recent: Recent = request.getfixturevalue("recent")
        return recent.asked
    traces: TraceStore = request.getfixturevalue("traces")
    arrivals: Arrivals = request.getfixturevalue("arrivals")
    seen_traces: Traces = request.getfixturevalue("seen_traces")
    sent, attribute = arrivals.sent, given(system.traces).load_attribute
    wanted = len(judge.expected_traces(system, sent.ledger))
    query = f"{attribute} = {sent.run_id}-{sent.loads[-1]}"
    return Evidence(
        "traces",
        query,
        f"{len(seen_traces.ids)} traces",
        f"{wanted} traces",
        traces.repeat(
            attribute, f"{sent.run_id}-{sent.loads[-1]}", sent.ledger.first_at, sent.ledger.last_at
        ),
    )


@pytest.mark.check("traces.count")
def test_count(
    run: Run, system: System, ledger: Ledger, seen_traces: Traces, evidence: Evidence
) -> Judgement:
    """As many traces as the ledger expects."""
    counted, waited = seen_traces.counted, seen_traces.waited
    judgement = judge.count(system, ledger, counted, waited, evidence)
    return run.losses.explained(judgement, "traces", lacking=_lacking(system, ledger, seen_traces))


def _lacking(system: System, ledger: Ledger, seen: Traces) -> bool:
    """Whether there are fewer traces than there must be."""
    return seen.counted < len(judge.expected_traces(system, ledger))


@pytest.mark.check("traces.identity")
def test_identity(
    run: Run, system: System, ledger: Ledger, seen_traces: Traces, evidence: Evidence
) -> Judgement:
    """The very traces of the ledger, and none that must not be kept."""
    judgement = judge.identity(system, ledger, seen_traces.ids, evidence)
    return run.losses.explained(judgement, "traces", lacking=_lacking(system, ledger, seen_traces))


@pytest.mark.check("traces.complete")
def test_complete(
    system: System,
    requests_seen: Ledger,
    traces_seen: Mapping[str, Trace],
    evidence: Evidence,
) -> Judgement:
    """Every service is in its traces, and no span lacks its parent."""
    return judge.complete(system, requests_seen, traces_seen, evidence)


@pytest.mark.check("traces.attributes")
def test_attributes(
    system: System,
    requests_seen: Ledger,
    traces_seen: Mapping[str, Trace],
    evidence: Evidence,
) -> Judgement:
    """Spans say method, route, status and service as they must."""
    return judge.attributes(system, requests_seen, traces_seen, evidence)


@pytest.mark.check("traces.doubles")
def test_doubles(
    alone: None, run: Run, system: System, ledger: Ledger, seen_traces: Traces, evidence: Evidence
) -> Judgement:
    """The store received each span once."""
    found = seen_traces.found
    judgement = judge.doubles(system, ledger, found, seen_traces.received, evidence)
    return run.losses.doubled(judgement, judge.distinct_spans(found))
