"""Sends the metrics of a run to whoever takes OTLP over HTTP: a collector, or Prometheus.

The same families as `metrics.prom`, as gauges, sent once. Headers and resource attributes are
those of OpenTelemetry's own environment variables (`OTEL_EXPORTER_OTLP_HEADERS`,
`OTEL_RESOURCE_ATTRIBUTES`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult, MetricsData
from opentelemetry.sdk.resources import SERVICE_NAME, Resource

from smokestack.errors import ObservationError
from smokestack.report.metrics import families
from smokestack.results import RunResult

TIMEOUT_S = 5.0
"""Seconds in which the receiver must have taken them, attempts included."""
PATH = "/v1/metrics"
"""Where OTLP over HTTP takes metrics, by its specification."""


def push(result: RunResult, url: str) -> None:
    """Send a run's metrics to `url`; one without a path is given OTLP's own.

    Raises ObservationError where they were not taken.
    """
    exporter = OTLPMetricExporter(endpoint=_endpoint(url), timeout=TIMEOUT_S)
    try:
        with _said() as said:
            sent = exporter.export(_data(result))
    finally:
        exporter.shutdown()
    if sent is not MetricExportResult.SUCCESS:
        raise ObservationError(
            f"the run's metrics were not taken by {_shown(url)}: {_blanked(said, url)}",
            hint="it must take OTLP over HTTP, such as a collector's port 4318",
        )


def _endpoint(url: str) -> str:
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH


def _shown(url: str) -> str:
    """The address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _blanked(said: list[str], url: str) -> str:
    """The exporter's last word, without what may be secret in the address."""
    parts, text = urlsplit(url), said[-1] if said else "no word"
    for secret in (parts.netloc.rpartition("@")[0], parts.query):
        text = text.replace(secret, "…") if secret else text
    return text


def _data(result: RunResult) -> MetricsData:
    reader = InMemoryMetricReader()
    resource = Resource.create({SERVICE_NAME: "smokestack"})
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter("smokestack")
    for family in families(result):
        gauge = meter.create_gauge(family.name, description=family.documentation)
        for sample in family.samples:
            gauge.set(sample.value, sample.labels)
    data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None  # noqa: S101 - a run always has a duration
    return data


class _Kept(logging.Handler):
    """Keeps what the exporter logs: it returns no more than success or failure."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _said() -> Iterator[list[str]]:
    """What the exporter logs meanwhile, kept from the terminal."""
    logger, kept = logging.getLogger("opentelemetry.exporter"), _Kept()
    before = logger.propagate
    logger.addHandler(kept)
    logger.propagate = False
    try:
        yield kept.lines
    finally:
        logger.removeHandler(kept)
        logger.propagate = before
