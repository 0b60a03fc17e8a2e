"""What servers are asked of what they have counted, keep and hold; and who cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from smokestack.clients import Clients
from smokestack.drive import counted
from smokestack.drive.kept_metrics import kept_metrics
from smokestack.drive.own_figures import asked_itself
from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.loki import Loki
from smokestack.observe.prometheus import Prometheus
from tests.unit.judged import SYSTEM

DAY = 86400.0
PROMETHEUS = """\
prometheus_tsdb_head_samples_appended_total{type="float"} 39883
prometheus_tsdb_head_samples_appended_total{type="histogram"} 17
prometheus_tsdb_head_series 4731
prometheus_tsdb_wal_storage_size_bytes 294662
"""
LOKI = """\
loki_distributor_bytes_received_total{format="otlp",tenant="fake"} 62560
loki_ingester_memory_streams{tenant="fake"} 2
"""
COLLECTOR = """\
otelcol_exporter_enqueue_size_bytes_sum{exporter="otlp_grpc"} 122221
otelcol_exporter_enqueue_size_bytes_sum{exporter="otlp_grpc/second"} 9
otelcol_exporter_enqueue_size_bytes_sum{exporter="otlp_http/loki"} 777
"""


def edge(name: str, answer: Callable[[httpx.Request], httpx.Response]) -> Edge:
    """An edge to a faked server."""
    endpoint = Endpoint(name, f"http://{name}.test")
    return Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(answer))


def telling(name: str, text: str) -> Edge:
    """A server with these /metrics."""
    return edge(name, lambda _: httpx.Response(200, text=text))


def clients(**given: Any) -> Clients:
    """Prometheus, and the others that are given."""
    known = {"of_loki": None, "of_traces": None, "trace_metrics": None, "collector": None}
    asked = SimpleNamespace(edge=telling("prometheus", PROMETHEUS))
    return cast("Clients", SimpleNamespace(**{**known, "prometheus": asked, **given}))


def test_what_the_servers_have_counted() -> None:
    """Sums over their series; the bytes of spans by who sends them, where Jaeger stands in."""
    seen = counted.count(
        clients(
            of_loki=Loki(telling("loki", LOKI)),
            of_traces=SimpleNamespace(name="jaeger"),
            trace_metrics=telling("jaeger", ""),
            collector=telling("otel-collector", COLLECTOR),
        )
    )
    assert seen.figures == {
        "samples": 39900, "series": 4731, "wal": 294662,
        "logs": 62560, "streams": 2, "traces": 122230,
    }  # fmt: skip
    assert seen.unread == {}


def test_tempo_counts_the_bytes_of_spans_itself() -> None:
    """What Loki never got is 0, and what Tempo counted is its own."""
    tempo = telling("tempo", 'tempo_distributor_bytes_received_total{tenant="single"} 500')
    seen = counted.count(
        clients(
            of_loki=Loki(telling("loki", "up 1\n")),
            of_traces=SimpleNamespace(name="tempo"),
            trace_metrics=tempo,
            collector=telling("otel-collector", COLLECTOR),
        )
    )
    assert (seen.figures["traces"], seen.figures["logs"]) == (500, 0)


def test_who_cannot_be_asked_is_named() -> None:
    """The others' figures are there all the same."""
    seen = counted.count(clients(of_loki=Loki(edge("loki", lambda _: httpx.Response(503)))))
    assert "series" in seen.figures
    assert "logs" not in seen.figures
    assert "503" in seen.unread["loki"]


def prometheus(answers: Mapping[str, Any]) -> Prometheus:
    """A Prometheus that gives these vectors, by a word of the query, and its retention."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("runtimeinfo"):
            data: Any = {"storageRetention": "15d or 50GiB"}
        else:
            query = request.url.params["query"]
            found: Any = next((v for word, v in answers.items() if word in query), [])
            result = [{"metric": labels, "value": [1, str(value)]} for labels, value in found]
            data = {"resultType": "vector", "result": result}
        return httpx.Response(200, json={"status": "success", "data": data})

    return Prometheus(edge("prometheus", answer))


def test_samples_are_reckoned_by_the_intervals_as_shipped() -> None:
    """Each job's own, and what rules record; a job that is not promised is not reckoned."""
    jobs = [({"job": "front"}, 295), ({"job": "back"}, 55), ({"job": "else"}, 9999)]
    answers = {"scrape_samples": jobs, "rule_group": [({}, 30)]}
    kept = kept_metrics(SYSTEM, prometheus(answers), 15.0)
    assert kept.samples_per_s == pytest.approx((300 + 60) / 30 + 30 / 15)
    assert (kept.time_s, kept.size) == (15 * DAY, 50 * 1024**3)


def test_without_a_scrape_nothing_is_reckoned() -> None:
    """Else nothing would fit anywhere."""
    with pytest.raises(BadResponse, match="no scrape has a number of samples"):
        kept_metrics(SYSTEM, prometheus({}), 15.0)


def test_streams_of_loki() -> None:
    """By the labels of streams alone, in nanoseconds."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"status": "success", "data": [{"job": "front"}]})

    assert Loki(edge("loki", answer)).streams('{job="front"}', 1.5, 2) == [{"job": "front"}]
    assert asked[0].url.path == "/loki/api/v1/series"
    assert dict(asked[0].url.params) == {
        "match[]": '{job="front"}', "start": "1500000000", "end": "2000000000",
    }  # fmt: skip


def test_a_server_that_nobody_scrapes_is_asked_itself() -> None:
    """By its own metrics; one that does not answer, or tells nothing, is not there."""
    told = "process_open_fds 31\nprocess_resident_memory_bytes 5e6\notelcol_process_memory_rss 7\n"
    edges = (telling("loki", told), edge("jaeger", lambda _: httpx.Response(500)))
    admin = telling("traces-metrics", "process_open_fds 17\n")
    store = SimpleNamespace(name="tempo")
    clients = SimpleNamespace(edges=edges, of_traces=store, trace_metrics=admin)
    asked = cast("Clients", clients)
    assert asked_itself(asked, "loki").peak("open_files") == 31
    assert asked_itself(asked, "loki").peak("cpu_s") is None
    assert asked_itself(asked, "jaeger").samples == ()
    assert asked_itself(asked, "tempo").peak("open_files") == 17  # where its own metrics are
    assert asked_itself(asked, "grafana").samples == ()
