"""What a stack that somebody else runs lets us ask: one small question for each thing needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from smokestack.endpoints import Endpoint
from smokestack.errors import ObservationError
from smokestack.observe.edge import CallLog, Edge, Params
from smokestack.observe.restricted import Throttle
from smokestack.stack_file import Remote


@dataclass(frozen=True)
class Right:
    """One thing that was asked. `seen` is what came, or why nothing did; then `hint` helps."""

    server: str
    what: str
    good: bool
    seen: str
    hint: str | None = None


@dataclass(frozen=True)
class Question:
    """What is asked to learn of a right, and what of the answer is shown."""

    what: str
    path: str
    shown: Callable[[Any], str]
    params: Params | None = None


def _data_version(told: Any) -> str:
    return str(told["data"]["version"])


def _number(key: str | None, unit: str) -> Callable[[Any], str]:
    def shown(told: Any) -> str:
        found = told[key] if key else told
        return f"{len(found or ())} {unit}"

    return shown


def _text(_: Any) -> str:
    return "may be read"


QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "prometheus": (
        Question("version", "/api/v1/status/buildinfo", _data_version),
        Question("queries", "/api/v1/query", lambda told: f"{len(told['data']['result'])} series",
                 {"query": "count(up)"}),
        Question("scrape targets", "/api/v1/targets",
                 lambda told: f"{len(told['data']['activeTargets'])} targets"),
        Question("rules", "/api/v1/rules", lambda told: f"{len(told['data']['groups'])} groups"),
        Question("configuration", "/api/v1/status/config", _text),
    ),
    "alertmanager": (
        Question("version", "/api/v2/status", lambda told: str(told["versionInfo"]["version"])),
        Question("alerts", "/api/v2/alerts", _number(None, "alerts")),
    ),
    "loki": (
        Question("version", "/loki/api/v1/status/buildinfo", lambda told: str(told["version"])),
        Question("queries", "/loki/api/v1/labels", _number("data", "labels")),
    ),
    "tempo": (
        Question("version", "/api/status/buildinfo", lambda told: str(told["version"])),
        Question("searches", "/api/search", _number("traces", "traces"), {"limit": 1}),
    ),
    "jaeger": (Question("services", "/api/services", _number("data", "services")),),
    "grafana": (
        Question("version", "/api/health", lambda told: str(told["version"])),
        Question("data sources", "/api/datasources", _number(None, "data sources")),
    ),
}  # fmt: skip


def rights(remote: Remote) -> Iterator[Right]:
    """Ask every server of a stack file. Raises UsageError for a certificate that cannot be read."""
    throttle = Throttle(remote.said.limits.rate)
    for role, endpoint in remote.endpoints.by_role.items():
        if role == "traces-metrics" and endpoint == remote.endpoints.get("traces"):
            continue
        edge = Edge(endpoint, calls=CallLog(), timeout_s=10.0, throttle=throttle)
        try:
            yield from _asked(edge, endpoint)
        finally:
            edge.close()


def _asked(edge: Edge, endpoint: Endpoint) -> Iterator[Right]:
    for question in QUESTIONS.get(endpoint.name, ()):
        started = time.monotonic()
        try:
            seen = edge.read(question.path, question.params, question.shown)
        except ObservationError as error:
            yield Right(endpoint.name, question.what, False, error.message, error.hint)
            continue
        took = (time.monotonic() - started) * 1000
        yield Right(endpoint.name, question.what, True, f"{seen} ({took:.0f} ms)")
    if endpoint.name not in QUESTIONS:
        yield _metrics(edge, endpoint)


def _metrics(edge: Edge, endpoint: Endpoint) -> Right:
    """A service that only tells of its own metrics."""
    try:
        lines = edge.get_text("/metrics").count("\n")
    except ObservationError as error:
        return Right(endpoint.name, "metrics", False, error.message, error.hint)
    return Right(endpoint.name, "metrics", True, f"{lines} lines")
