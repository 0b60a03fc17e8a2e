"""One load held against each signal: what arrived, judged by the judges of the ordinary traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.drive.under_load import Borne
from smokestack.errors import ObservationError
from smokestack.judge import logs, metrics, traces
from smokestack.judge.conclude import unmeasured
from smokestack.judge.counters import deltas, restarted
from smokestack.judge.counting import expected_counts
from smokestack.judge.load import together
from smokestack.results import Evidence, Judgement, Verdict
from smokestack.system import Signal, System, given


def reconciled(system: System, clients: Clients, borne: Borne) -> Mapping[str, Judgement]:
    """Each signal that the system has."""
    asked: dict[Signal, Callable[[System, Clients, Borne], Judgement]] = {"metrics": of_metrics}
    if system.logs is not None:
        asked["logs"] = of_logs
    if system.traces is not None:
        asked["traces"] = of_traces
    return {signal: judge(system, clients, borne) for signal, judge in asked.items()}


def of_metrics(system: System, clients: Clients, borne: Borne) -> Judgement:
    """Are the differences of the counters what the ledger says?"""
    ledger, selector = borne.load.ledger, queries.counter_selector(system)
    try:
        seen = borne.arrivals.metrics.result()
    except ObservationError as error:
        return unmeasured(error)
    evidence = Evidence(
        "raw samples",
        selector,
        f"{len(seen.samples)} samples",
        f"{len(ledger)} requests x declared copies",
        clients.prometheus.repeat(f"{selector}[5m]"),
    )
    difference = deltas(seen.samples, seen.windows, system.metrics.counters)
    restarts = restarted(seen.samples)
    return metrics.counter_delta(
        system, ledger, seen.windows, difference, restarts, seen.waited, evidence
    )


def of_logs(system: System, clients: Clients, borne: Borne) -> Judgement:
    """Is each access event there, once?"""
    ledger = borne.load.ledger
    try:
        seen = borne.arrivals.logs.result()
    except ObservationError as error:
        return unmeasured(error)
    number = sum(one.value for one in seen.counted)
    repeat = clients.loki.repeat(seen.query)
    wanted = f"{len(ledger)} requests x declared copies"
    counted = Evidence("count", seen.query, f"{number:g} events", wanted, repeat)
    judged = together(
        [
            logs.count(system, ledger, seen.counted, seen.waited, counted),
            logs.identity(system, ledger, seen.lines, counted),
        ]
    )
    expected = expected_counts(system, ledger, "logs").total
    return _explained(judged, borne, "logs", expected, lacking=number < expected)


def of_traces(system: System, clients: Clients, borne: Borne) -> Judgement:
    """Is the very trace of each request there?"""
    ledger, sent = borne.load.ledger, borne.arrivals.sent
    try:
        seen = borne.arrivals.traces.result()
    except ObservationError as error:
        return unmeasured(error)
    mark, attribute = f"{sent.run_id}-{sent.loads[-1]}", given(system.traces).load_attribute
    wanted = len(traces.expected_traces(system, ledger))
    evidence = Evidence(
        "traces",
        f"{attribute} = {mark}",
        f"{len(seen.ids)} traces",
        f"{wanted} traces",
        clients.traces.repeat(attribute, mark, ledger.first_at, ledger.last_at),
    )
    judged = together(
        [
            traces.count(system, ledger, seen.counted, seen.waited, evidence),
            traces.identity(system, ledger, seen.ids, evidence),
        ]
    )
    expected = expected_counts(system, ledger, "traces").total
    return _explained(judged, borne, "traces", expected, lacking=seen.counted < wanted)


def _explained(
    judgement: Judgement, borne: Borne, signal: Signal, expected: float, *, lacking: bool
) -> Judgement:
    """What is missed, with where it was lost by the hops' own counters; not what is there too
    often.
    """
    if judgement.verdict is not Verdict.MISSED or signal not in borne.ways or not lacking:
        return judgement
    return borne.ways[signal].lost_at(expected).explains(judgement, signal)
