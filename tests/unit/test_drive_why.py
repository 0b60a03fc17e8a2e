"""Where a signal was lost, told from the counters of the servers on its way."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from smokestack.drive.why import Loss, Way
from smokestack.endpoints import Endpoint
from smokestack.observe import hops
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.hops import Station
from smokestack.results import Cause, CauseKind, Finding, Judgement, Verdict


def spans(accepted: int, exported: int, filtered: int = 0) -> str:
    """The collector's /metrics."""
    return (
        f"# TYPE otelcol_receiver_accepted_spans counter\n"
        f"otelcol_receiver_accepted_spans {accepted}\n"
        f"# TYPE otelcol_exporter_sent_spans counter\notelcol_exporter_sent_spans {exported}\n"
        f"# TYPE otelcol_processor_filter_spans_filtered counter\n"
        f"otelcol_processor_filter_spans_filtered {filtered}\n"
    )


def stored(number: int) -> str:
    """Jaeger's /metrics."""
    return (
        f"# TYPE jaeger_collector_spans_received_total counter\n"
        f"jaeger_collector_spans_received_total {number}\n"
        f"# TYPE jaeger_collector_spans_saved_by_svc_total counter\n"
        f'jaeger_collector_spans_saved_by_svc_total{{result="ok"}} {number}\n'
    )


def station(course: hops.Course, *texts: str) -> Station:
    """A server whose /metrics show one text after the other."""
    following: Iterator[str] = iter(texts)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=next(following)))
    return Station(course, Edge(Endpoint("s", "http://s"), calls=CallLog(), transport=transport))


def lost_at(collector: str, store: str, expected: int, *, countable: bool = False) -> str:
    """Where spans were lost, in words with figures."""
    return loss(collector, store, expected, countable=countable).told


def loss(collector: str, store: str, expected: int, *, countable: bool = False) -> Loss:
    """Where spans were lost, when nothing had been counted before."""
    stations = (
        station(hops.COLLECTOR_SPANS, spans(0, 0), collector),
        station(hops.JAEGER, stored(0), store),
    )
    way = Way(stations, hops.snapshot(stations), "application", countable)
    return way.lost_at(expected)


def doubled_at(collector: str, store: str, expected: int) -> str:
    """Where spans were doubled, when nothing had been counted before."""
    stations = (
        station(hops.COLLECTOR_SPANS, spans(0, 0), collector),
        station(hops.JAEGER, stored(0), store),
    )
    way = Way(stations, hops.snapshot(stations), "application", countable=False)
    return way.doubled_at(expected)


def test_where_spans_were_doubled() -> None:
    """Before the first server that took more than there are; what is filtered is no double."""
    sent_twice = doubled_at(spans(31, 21, 10), stored(21), 20)
    assert sent_twice.startswith("application → collector: collector accepted 31 spans")
    passed_on_twice = doubled_at(spans(30, 20, 10), stored(21), 20)
    assert passed_on_twice.startswith("collector → jaeger: collector accepted 30 spans")


def test_too_few_for_the_first_hop_were_not_sent() -> None:
    """Less came than one span a service."""
    said = lost_at(spans(10, 10), stored(10), 20)
    assert said.startswith("application → collector: only so much came: collector accepted 10")


def test_a_hop_that_passes_on_less_than_it_took_has_lost_it() -> None:
    """Taken, not filtered, not exported."""
    said = lost_at(spans(60, 0, 10), stored(0), 20)
    assert said.startswith("collector accepted 60 spans, exported 0, filtered 10, of 50 expected")


def test_what_is_filtered_on_purpose_is_no_loss() -> None:
    """Every server passed on what it took, though it is less than the ledger's services: the
    application sent too little, and the collector is not blamed for dropping probes.
    """
    said = lost_at(spans(21, 19, 2), stored(19), 20)
    assert said.startswith("application → collector, or the search does not find them")


def test_where_the_ledger_tells_the_number_enough_everywhere_means_the_query() -> None:
    """A log line that the store has and the query does not find."""
    said = lost_at(spans(20, 20), stored(20), 20, countable=True)
    assert said.startswith("after the last hop, or the query is wrong")


@pytest.mark.parametrize(
    ("collector", "store", "hop"),
    [
        (spans(10, 10), stored(10), "application → collector"),
        (spans(60, 0, 10), stored(0), "collector"),
        (spans(21, 19, 2), stored(19), None),
    ],
)
def test_a_hop_that_lost_it_is_a_cause_that_checks_share(
    collector: str, store: str, hop: str | None
) -> None:
    """By its name, whatever the figures are; where no hop is known there is no such cause."""
    missed = Judgement(Verdict.MISSED, "one is gone", (Finding("one"),))
    found = loss(collector, store, 20)
    said = found.explains(missed, "traces")
    assert said.findings == (Finding("one", found.told),)
    cause = hop and Cause(CauseKind.LOST, found.told, signal="traces", hop=hop)
    assert said.cause == cause
