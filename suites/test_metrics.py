"""Was every request counted, exactly, under the right names?"""

from __future__ import annotations

import pytest

from smokestack.drive.arrivals import Metrics, Traces
from smokestack.drive.queries import app_jobs, counter_selector, exemplar_selector, series_count
from smokestack.judge import metrics, shared_counters
from smokestack.judge.counters import Deltas, restarted
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.prometheus import Prometheus
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import Exemplar, Ledger
from smokestack.stack.backend import Stack
from smokestack.system import System


@pytest.fixture(scope="module")
def evidence(
    system: System, prometheus: Prometheus, seen_metrics: Metrics, ledger: Ledger
) -> Evidence:
    """The one query that reconciling counters takes."""
    selector = counter_selector(system)
    return Evidence(
        "raw samples",
        selector,
        f"{len(seen_metrics.samples)} samples",
        f"{len(ledger)} requests x declared copies",
        prometheus.repeat(f"{selector}[5m]"),
    )


@pytest.mark.check("metrics.counter-delta")
def test_counter_delta(
    run: Run,
    system: System,
    ledger: Ledger,
    seen_metrics: Metrics,
    counter_deltas: Deltas,
    evidence: Evidence,
) -> Judgement:
    """Counter differences equal the ledger times the declared copies; where others send too,
    they are at least that.
    """
    seen = seen_metrics
    asked = (system, ledger, seen.windows, counter_deltas, restarted(seen.samples))
    if run.shared:
        return shared_counters.counter_delta(*asked, run.shared, seen.waited, evidence)
    return metrics.counter_delta(*asked, seen.waited, evidence)


@pytest.mark.check("metrics.histogram-count")
def test_histogram_count(
    run: Run,
    system: System,
    ledger: Ledger,
    seen_metrics: Metrics,
    counter_deltas: Deltas,
    evidence: Evidence,
) -> Judgement:
    """The latency histogram observed what the counter counted."""
    if run.shared:
        windows, waited = seen_metrics.windows, seen_metrics.waited
        return shared_counters.histogram_count(
            system, ledger, windows, counter_deltas, run.shared, waited, evidence
        )
    return metrics.histogram_count(
        system, seen_metrics.windows, counter_deltas, seen_metrics.waited, evidence
    )


@pytest.mark.check("metrics.exemplars")
@pytest.mark.needs("traces")
def test_exemplars(
    run: Run,
    system: System,
    ledger: Ledger,
    prometheus: Prometheus,
    seen_exemplars: list[Exemplar],
    seen_traces: Traces,
) -> Judgement:
    """Exemplars belong to our requests; each histogram that was exercised has one."""
    selector = exemplar_selector(system)
    evidence = Evidence(
        "exemplars",
        selector,
        f"{len(seen_exemplars)} exemplars",
        "of this run, at least one a histogram",
        prometheus.edge.repeat(
            "/api/v1/query_exemplars",
            {"query": selector, "start": ledger.first_at, "end": ledger.last_at},
        ),
    )
    return metrics.exemplars(
        system, ledger, seen_exemplars, seen_traces.found, evidence, shared=run.shared is not None
    )


@pytest.mark.check("metrics.families")
def test_families(
    system: System, stack: Stack, prometheus: Prometheus, after_traffic: None
) -> Judgement:
    """The metric families that the system promises exist, with their types."""
    repeat = prometheus.edge.repeat("/api/v1/metadata")
    promised = system.metrics.promised(stack.absent)
    return metrics.families(promised, prometheus.metadata(), prometheus.names(), repeat)


@pytest.mark.check("metrics.naming")
def test_naming(system: System, prometheus: Prometheus, after_traffic: None) -> Judgement:
    """The application's metrics are named as Prometheus' practice asks."""
    jobs = f'{{job=~"{app_jobs(system)}"}}'
    exposed, samples = prometheus.families_of(jobs), prometheus.names(jobs)
    return metrics.naming(exposed, samples, system.metrics.unconventional)


@pytest.mark.check("metrics.cardinality")
def test_cardinality(
    system: System, prometheus: Prometheus, after_traffic: None, deadlines: Deadlines
) -> Judgement:
    """The application's series stay within the budget."""
    query = series_count(system, deadlines.metrics_s)
    return metrics.cardinality(system, prometheus.instant(query), prometheus.repeat(query))
