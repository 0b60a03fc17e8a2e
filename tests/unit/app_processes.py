"""The sample application as processes, and a collector of spans, for the tests of fixtures/app."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from prometheus_client.parser import text_string_to_metric_families

from smokestack.wait import until

FIXTURES = Path(__file__).parents[2] / "fixtures"
START_S = 30.0


def free_port() -> int:
    """Find a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Span:
    """One span as it came over the wire."""

    name: str
    kind: str
    status: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    events: tuple[str, ...]

    @property
    def service(self) -> str:
        """The service that made it."""
        return str(self.resource["service.name"])


def _plain(attributes: Any) -> dict[str, Any]:
    def value(item: KeyValue) -> Any:
        return getattr(item.value, item.value.WhichOneof("value") or "string_value")

    return {item.key: value(item) for item in attributes}


def _read(span: WireSpan, resource: Mapping[str, Any]) -> Span:
    return Span(
        name=span.name,
        kind=WireSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        status=Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_plain(span.attributes),
        resource=resource,
        events=tuple(event.name for event in span.events),
    )


@dataclass
class SpanSink:
    """An OTLP/HTTP receiver that keeps what it gets."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    pushes: list[ExportMetricsServiceRequest] = field(default_factory=list)

    def of_trace(self, trace_id: str) -> list[Span]:
        """Give the spans of one trace."""
        return [span for span in list(self.spans) if span.trace_id == trace_id]


@contextmanager
def span_sink() -> Iterator[SpanSink]:
    """Run a receiver of spans in this process."""
    sink = SpanSink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/v1/metrics":
                sink.pushes.append(ExportMetricsServiceRequest.FromString(body))
                body = b""
            for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
                resource = _plain(resource_spans.resource.attributes)
                for scope in resource_spans.scope_spans:
                    sink.spans.extend(_read(span, resource) for span in scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    sink.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Service:
    """One running role of the application."""

    process: subprocess.Popen[str]
    url: str
    log_dir: Path

    def ready(self) -> bool:
        """Tell whether it says that it is ready; an early end is a failure."""
        assert self.process.poll() is None, "ended before it was ready"
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def lines(self, file: str = "combined.log") -> list[dict[str, Any]]:
        """Read a log file."""
        text = (self.log_dir / file).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        """Give the access events."""
        return [line for line in self.lines() if line["event"] == "request"]

    def stop(self) -> int:
        """Send SIGTERM and give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give this process' environment without telemetry settings, and with `settings`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "APP_"))}
    return {**kept, **settings}


@contextmanager
def service(role: str, folder: Path, **settings: str) -> Iterator[Service]:
    """Start one role and kill it in the end, without waiting until it is ready."""
    port = free_port()
    log_dir = folder / role
    log_dir.mkdir(parents=True, exist_ok=True)
    settings = {
        "APP_LISTEN": f"127.0.0.1:{port}",
        "APP_LOG_DIR": str(log_dir),
        "APP_DATABASE": str(folder / "orders.db"),
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        **settings,
    }
    with (log_dir / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", role],
            cwd=FIXTURES,
            env=environment(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Service(process, f"http://127.0.0.1:{port}", log_dir)
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True)
class Pair:
    """Gateway and backend, and where their spans go."""

    gateway: Service
    backend: Service
    sink: SpanSink
    client: httpx.Client


@contextmanager
def pair(folder: Path, **settings: str) -> Iterator[Pair]:
    """Start both services side by side and wait until they are ready."""
    with ExitStack() as stack:
        sink = stack.enter_context(span_sink())
        shared = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "APP_FAULTS": "on", **settings}
        backend = stack.enter_context(service("backend", folder, **shared))
        shared["APP_BACKEND_URL"] = backend.url
        gateway = stack.enter_context(service("gateway", folder, **shared))
        for one in (backend, gateway):
            assert until(one.ready, within_s=START_S).met, (one.log_dir / "output").read_text()
        limits = httpx.Limits(max_connections=100)
        client = httpx.Client(base_url=gateway.url, limits=limits, timeout=30, trust_env=False)
        yield Pair(gateway, backend, sink, stack.enter_context(client))


def samples(text: str, name: str) -> dict[tuple[str, str, str], float]:
    """Give the samples of metric `name` by method, route and status, from an exposition."""
    return {
        (s.labels.get("method", ""), s.labels.get("route", ""), s.labels.get("status", "")): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
        if s.name == name
    }
