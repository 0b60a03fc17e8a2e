"""The metrics of a run are sent as OTLP to a receiver, here one that keeps what it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from smokestack.errors import ObservationError
from smokestack.report import push
from smokestack.report.metrics import families
from tests.whole_result import rich

Taken = list[tuple[str, bytes]]


@contextmanager
def receiver(status: int) -> Iterator[tuple[str, Taken]]:
    """A server that answers with a status; what it was sent, and where to."""
    taken: Taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("path", "asked"),
    [("", "/v1/metrics"), ("/", "/v1/metrics"), ("/api/v1/otlp/v1/metrics",) * 2],
)
def test_every_sample_arrives(path: str, asked: str) -> None:
    """The same names, labels and figures as in metrics.prom."""
    with receiver(200) as (url, taken):
        push.push(rich(), url + path)
    [(where, body)] = taken
    assert where == asked
    sent = ExportMetricsServiceRequest.FromString(body)
    [resource] = sent.resource_metrics
    of = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert of["service.name"] == "smokestack"
    arrived = {
        (metric.name, *sorted((a.key, a.value.string_value) for a in point.attributes)):
            point.as_double if point.HasField("as_double") else float(point.as_int)
        for metric in resource.scope_metrics[0].metrics
        for point in metric.gauge.data_points
    }  # fmt: skip
    assert arrived == {
        (family.name, *sorted(sample.labels.items())): float(sample.value)
        for family in families(rich())
        for sample in family.samples
    }


def test_who_refuses_is_named() -> None:
    """With what it must take, and no secret of the address."""
    with receiver(400) as (url, _), pytest.raises(ObservationError) as raised:
        push.push(rich(), url.replace("//", "//me:secret@") + "/v1/metrics?token=secret")
    assert f"were not taken by {url}/v1/metrics" in str(raised.value)
    assert "400" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said soon, and nothing else is written to the terminal."""
    monkeypatch.setattr(push, "TIMEOUT_S", 1.0)
    with receiver(200) as (url, _):
        pass
    with pytest.raises(ObservationError, match="were not taken by") as raised:
        push.push(rich(), f"{url}/v1/metrics?token=secret")
    assert "secret" not in str(raised.value)
