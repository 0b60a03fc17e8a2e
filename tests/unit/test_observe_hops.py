"""The walk along a signal's way: counters read, subtracted, and the loss named."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.observe import hops
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.exposition import parsed, read_metrics
from smokestack.observe.hops import Course, Hop, Station, difference, hop_of, snapshot, where_lost

COLLECTOR = """# HELP otelcol_receiver_accepted_log_records Number of log records accepted
# TYPE otelcol_receiver_accepted_log_records counter
otelcol_receiver_accepted_log_records{receiver="file_log",transport=""} 100
otelcol_receiver_accepted_log_records{receiver="otlp",transport="http"} 24
# TYPE otelcol_receiver_refused_log_records counter
otelcol_receiver_refused_log_records{receiver="file_log",transport=""} 0
# TYPE otelcol_exporter_sent_log_records counter
otelcol_exporter_sent_log_records{exporter="otlp_http",server_port="23100"} 74
# TYPE otelcol_exporter_send_failed_log_records counter
otelcol_exporter_send_failed_log_records{exporter="otlp_http"} 50
# TYPE otelcol_processor_filter_logs_filtered counter
otelcol_processor_filter_logs_filtered{filter="filter"} 0
"""
LOKI = """# TYPE loki_distributor_lines_received_total counter
loki_distributor_lines_received_total{format="otlp",tenant="fake"} 50
# TYPE loki_discarded_samples_total counter
loki_discarded_samples_total{reason="rate_limited",tenant="fake"} 20
"""
JAEGER = """# TYPE jaeger_collector_spans_received_total counter
jaeger_collector_spans_received_total{debug="false",svc="backend"} 40
jaeger_collector_spans_received_total{debug="false",svc="gateway"} 60
# TYPE jaeger_collector_spans_dropped_total counter
jaeger_collector_spans_dropped_total{host="vm"} 30
# TYPE jaeger_collector_spans_saved_by_svc_total counter
jaeger_collector_spans_saved_by_svc_total{result="ok",svc="gateway"} 70
jaeger_collector_spans_saved_by_svc_total{result="err",svc="gateway"} 0
"""
ALERTMANAGER = """# TYPE alertmanager_alerts_received_total counter
alertmanager_alerts_received_total{status="firing",version="v2"} 1
# TYPE alertmanager_notifications_total counter
alertmanager_notifications_total{integration="webhook"} 3
# TYPE alertmanager_notifications_failed_total counter
alertmanager_notifications_failed_total{integration="webhook",reason="other"} 3
"""


def edge_to(*texts: str) -> Edge:
    """An edge to a server whose /metrics shows one text after the other."""
    following: Iterator[str] = iter(texts)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=next(following)))
    return Edge(Endpoint("server", "http://server.test"), calls=CallLog(), transport=transport)


def hop(course: Course, text: str) -> Hop:
    """The hop that an exposition shows."""
    return hop_of(course, parsed(text))


def test_a_value_is_the_sum_over_the_matching_series() -> None:
    """All receivers together, or one of them."""
    exposition = parsed(COLLECTOR)
    name = "otelcol_receiver_accepted_log_records"
    assert exposition.value(name) == 124
    assert exposition.value(name, receiver="otlp") == 24
    assert exposition.by(name, "receiver") == {"file_log": 100, "otlp": 24}


def test_an_absent_metric_is_none_not_zero() -> None:
    """Neither an unknown name nor an unknown label counts as 0."""
    exposition = parsed(COLLECTOR)
    assert exposition.value("otelcol_nothing") is None
    assert exposition.value("otelcol_receiver_accepted_log_records", receiver="x") is None
    assert exposition.label("otelcol_nothing", "version") is None


def test_names_are_those_that_the_server_shows() -> None:
    """`_total` is neither added nor taken away: Prometheus stores what is shown."""
    assert "loki_distributor_lines_received_total" in parsed(LOKI).names()
    assert "otelcol_exporter_sent_log_records" in parsed(COLLECTOR).names()
    assert "otelcol_exporter_sent_log_records_total" not in parsed(COLLECTOR).names()


def test_what_is_no_exposition_is_a_bad_response() -> None:
    """An HTML page has no counters, and neither has a sentence."""
    with pytest.raises(BadResponse, match="a page for people"):
        read_metrics(edge_to("<html><body class='x'>no metrics</body></html>"))
    with pytest.raises(BadResponse, match="shape not understood"):
        read_metrics(edge_to("there are no metrics here"))


def test_the_text_format_is_asked_for() -> None:
    """Servers that prefer protobuf or OpenMetrics are told so."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["accept"])
        return httpx.Response(200, text=LOKI)

    endpoint = Endpoint("loki", "http://loki.test")
    read_metrics(Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(handler)))
    assert seen == ["text/plain;version=0.0.4"]


def test_a_hop_tells_what_entered_left_and_was_refused() -> None:
    """In one sentence; ways of refusing that did not happen are left out."""
    found = hop(hops.COLLECTOR_LOGS, COLLECTOR)
    assert (found.entered, found.left, found.refused) == (124, 74, 50)
    assert str(found) == "collector accepted 124 log records, exported 74, send failed 50"


def test_counters_with_and_without_total_are_read() -> None:
    """The collector's exporter adds the suffix or not, as it is configured."""
    suffixed = COLLECTOR.replace("_log_records{", "_log_records_total{").replace(
        "_log_records counter", "_log_records_total counter"
    )
    assert hop(hops.COLLECTOR_LOGS, suffixed).entered == 124


def test_a_counter_that_does_not_exist_yet_is_zero() -> None:
    """A collector that has not received a span has no such series."""
    found = hop(hops.COLLECTOR_SPANS, COLLECTOR)
    assert (found.entered, found.left) == (0, 0)
    assert str(found) == "collector accepted 0 spans, exported 0"


def test_a_counter_may_be_restricted_to_a_label() -> None:
    """Jaeger counts saved spans by result."""
    found = hop(hops.JAEGER, JAEGER)
    assert (found.entered, found.left) == (100, 70)
    assert str(found) == "jaeger received 100 spans, saved 70, dropped from a full queue 30"


def test_failed_notifications_have_not_left() -> None:
    """Alertmanager counts tries: three that failed delivered nothing."""
    found = hop(hops.ALERTMANAGER, ALERTMANAGER)
    assert found.left == 0
    assert str(found) == (
        "alertmanager received 1 alerts, notifications tried 3, notifications failed 3"
    )


def test_only_the_difference_counts() -> None:
    """What the server counted before the run is subtracted."""
    station = Station(hops.COLLECTOR_LOGS, edge_to(COLLECTOR, COLLECTOR.replace(" 74", " 94")))
    before, after = snapshot([station]), snapshot([station])
    (found,) = difference(before, after)
    assert (found.entered, found.left, found.refused) == (0, 20, 0)


def test_a_restart_in_between_makes_a_hop_unread() -> None:
    """A counter that fell says nothing about the run."""
    (found,) = difference([hop(hops.LOKI, LOKI)], [hop(hops.LOKI, LOKI.replace(" 50", " 5"))])
    assert str(found) == "loki could not be asked: it restarted in between"


def test_a_server_that_does_not_answer_is_an_unread_hop() -> None:
    """The walk goes on without it."""
    gone = Edge(Endpoint("loki", "http://127.0.0.1:1"), calls=CallLog())
    (found,) = snapshot([Station(hops.LOKI, gone)])
    assert found.entered is None
    assert str(found).startswith("loki could not be asked: loki: GET http://127.0.0.1:1/metrics")
    (same,) = difference([found], [hop(hops.LOKI, LOKI)])
    assert same.unread


def test_the_loss_is_at_the_first_hop_that_passed_on_too_little() -> None:
    """The collector took all and exported a part; what came after is its consequence."""
    lost = where_lost([hop(hops.COLLECTOR_LOGS, COLLECTOR), hop(hops.LOKI, LOKI)], 124)
    assert lost == (
        "collector accepted 124 log records, exported 74, send failed 50, of 124 expected"
    )


def test_what_a_server_discarded_after_counting_it_is_lost_there() -> None:
    """Loki received all 50 lines and discarded 20 of them."""
    assert where_lost([hop(hops.LOKI, LOKI)], 50) == (
        "loki received 50 lines, discarded 20, of 50 expected"
    )


def test_no_loss_is_none() -> None:
    """Then the query is wrong, not the way."""
    assert where_lost([hop(hops.LOKI, LOKI)], 30) is None
    assert where_lost([], 30) is None


def test_hops_that_could_not_be_read_are_said_along() -> None:
    """The loss may have been there."""
    unread = Hop("collector", "?", None, None, 0, (), unread="connection refused")
    said = "collector could not be asked: connection refused"
    assert where_lost([unread, hop(hops.LOKI, LOKI)], 60) == (
        f"loki received 50 lines, discarded 20, of 60 expected; {said}"
    )
    assert where_lost([unread, hop(hops.LOKI, LOKI)], 30) == said


def test_a_process_that_takes_no_lines_has_nothing_to_count() -> None:
    """Of a Loki that is several processes, one that only reads: it is no loss that it counts 0."""
    reads = '# TYPE loki_build_info gauge\nloki_build_info{version="3.7.8"} 1\n'
    [seen] = snapshot([Station(hops.LOKI, edge_to(reads))])
    assert seen.unread == "the process that answers is one of several, and takes no lines"
    [empty] = snapshot([Station(hops.LOKI, edge_to(LOKI))])
    assert not empty.unread
