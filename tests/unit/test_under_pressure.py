"""What servers tell of being pressed, from /metrics as real ones showed them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import httpx

from smokestack.clients import Clients
from smokestack.drive.hop_watch import HopWatch, watched
from smokestack.endpoints import Endpoint
from smokestack.observe import hops, under_pressure
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.under_pressure import Watched, difference, queues, told

COLLECTOR = """http_client_request_duration_count{{http_response_status_code="204"}} 140
http_client_request_duration_count{{http_response_status_code="429"}} {refused}
otelcol_exporter_queue_capacity{{data_type="logs",exporter="otlp_http"}} 1000
otelcol_exporter_queue_capacity{{data_type="traces",exporter="otlp_grpc"}} 1000
otelcol_exporter_queue_size{{data_type="logs",exporter="otlp_http"}} {queue}
otelcol_exporter_queue_size{{data_type="traces",exporter="otlp_grpc"}} 0
otelcol_exporter_enqueue_failed_log_records{{exporter="otlp_http"}} {failed}
otelcol_processor_filter_spans_filtered{{filter="filter/health"}} {failed}
otelcol_processor_memory_limiter_refused_log_records{{processor="memory_limiter"}} {failed}
rpc_client_call_duration_count{{rpc_response_status_code="OK"}} 50
"""
LOKI = """loki_discarded_samples_total{{reason="rate_limited",tenant="fake"}} {0}
loki_discarded_samples_total{{reason="per_stream_rate_limit",tenant="fake"}} 7
"""


def collector(refused: int = 0, queue: int = 0, failed: int = 0) -> str:
    """The collector's /metrics."""
    return COLLECTOR.format(refused=refused, queue=queue, failed=failed)


def edge_to(*texts: str | int) -> Edge:
    """An edge to a server that shows one text after the other; a number is a status."""
    following: Iterator[str | int] = iter(texts)

    def answer(_: httpx.Request) -> httpx.Response:
        said = next(following)
        return httpx.Response(said) if isinstance(said, int) else httpx.Response(200, text=said)

    transport = httpx.MockTransport(answer)
    return Edge(Endpoint("server", "http://server.test"), calls=CallLog(), transport=transport)


def watched_collector(*texts: str | int) -> Watched:
    """The collector."""
    return Watched(
        edge_to(*texts),
        under_pressure.COLLECTOR,
        under_pressure.COLLECTOR_CALLS,
        under_pressure.COLLECTOR_QUEUE,
    )


def test_what_was_refused_is_told_with_its_reason() -> None:
    """What grew alone; a filter does what it is asked to."""
    server = watched_collector(collector(), collector(refused=4, failed=12))
    found = [str(one) for one in difference(told(server), told(server))]
    assert found == [
        "collector refused for memory 12 log records: memory_limiter",
        "collector enqueue failed 12 log records: otlp_http",
        "collector tried again 4 calls: HTTP 429",
    ]


def test_reasons_that_did_not_grow_are_left_out() -> None:
    """Loki discarded seven before, for another reason."""
    server = Watched(edge_to(LOKI.format(5), LOKI.format(317)), (hops.LOKI,))
    [one] = difference(told(server), told(server))
    assert (str(one), one.retried) == ("loki discarded 312 lines: rate_limited", False)


def test_a_counter_that_fell_began_anew() -> None:
    """After a restart all that it shows is of the load."""
    server = Watched(edge_to(LOKI.format(500), LOKI.format(3)), (hops.LOKI,))
    [one] = difference(told(server), told(server))
    assert one.count == 3


def test_queues_have_their_exporters_names() -> None:
    """Size and capacity of each."""
    assert queues(watched_collector(collector(queue=31))) == {
        "otlp_http": (31, 1000),
        "otlp_grpc": (0, 1000),
    }


def test_the_fullest_that_was_seen_is_kept() -> None:
    """Between two readings of the counters, the queues are looked at now and then."""
    texts = [collector(queue=queue) for queue in (0, 20, 700, 3, 0, 0)]
    watch = HopWatch((watched_collector(*texts),))
    watch.look()
    watch.look()
    seen = watch.pressure()
    fullest = {queue.name: queue.peak for queue in seen.queues}
    assert fullest == {"otlp_http": 700, "otlp_grpc": 0}
    assert (seen.looks, seen.troubles, seen.servers) == (3, (), ("collector",))


def test_a_server_that_does_not_answer_is_said() -> None:
    """Neither calm nor pressed: not known. A look that fails is no loss of what is known."""
    watch = HopWatch((watched_collector(collector(), 500, collector(), 500),))
    watch.look()
    seen = watch.pressure()
    assert seen.troubles == ()
    assert "collector could not be asked" in seen.unread[0]


def test_the_collector_of_containers_output_is_watched_by_its_own_name() -> None:
    """It ships to the same Loki: what it drops is not the other's."""
    lost = collector(refused=2, failed=3)
    clients = SimpleNamespace(
        collector=None, of_loki=None, trace_metrics=None, of_traces=None, of_alertmanager=None,
        container_logs=edge_to(collector(), collector(queue=40), lost, lost),
        prometheus=SimpleNamespace(edge=edge_to(503)),
    )  # fmt: skip
    servers = watched(cast("Clients", clients))
    assert [one.name for one in servers] == ["container-logs", "prometheus"]
    watch = HopWatch(servers[:1])
    watch.look()
    seen = watch.pressure()
    assert [str(one) for one in seen.troubles] == [
        "container-logs refused for memory 3 log records: memory_limiter",
        "container-logs enqueue failed 3 log records: otlp_http",
        "container-logs tried again 2 calls: HTTP 429",
    ]
    assert max(seen.queues, key=lambda queue: queue.peak).server == "container-logs"
