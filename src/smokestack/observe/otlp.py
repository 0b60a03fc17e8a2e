"""OpenTelemetry's JSON for spans, as Tempo gives it back.

Its protobuf writer puts ids in base64, OTLP over HTTP puts them in hex: both are read, told
apart by their length. Enumerations come as names or as numbers.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from smokestack.samples import Span

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUS_ERROR = ("STATUS_CODE_ERROR", 2)


def spans_of(batches: list[dict[str, Any]]) -> Iterator[Span]:
    """The spans of `resourceSpans` (or `batches`). Raises KeyError or ValueError when broken."""
    for batch in batches:
        resource = attributes_of(batch.get("resource", {}).get("attributes"))
        for scope in batch.get("scopeSpans") or batch.get("instrumentationLibrarySpans") or ():
            yield from (_span(one, resource) for one in scope["spans"])


def _span(one: dict[str, Any], resource: Mapping[str, object]) -> Span:
    started, ended = int(one["startTimeUnixNano"]), int(one["endTimeUnixNano"])
    return Span(
        trace_id=hex_id(one["traceId"], 16),
        span_id=hex_id(one["spanId"], 8),
        parent_id=hex_id(one.get("parentSpanId", ""), 8),
        name=one.get("name", ""),
        service=str(resource.get("service.name", "")),
        kind=_kind(one.get("kind", 0)),
        started_at=started / 1e9,
        duration_s=(ended - started) / 1e9,
        attributes=attributes_of(one.get("attributes")),
        resource=resource,
        error=one.get("status", {}).get("code") in STATUS_ERROR,
    )


def hex_id(text: str, size: int) -> str:
    """An id of `size` bytes in lower-case hex; empty for none (or for all zeros)."""
    if len(text) != 2 * size:
        text = base64.b64decode(text).hex()
    text = text.lower()
    return text if text.strip("0") else ""


def _kind(kind: str | int) -> str:
    if isinstance(kind, int):
        return KINDS[kind]
    return kind.removeprefix("SPAN_KIND_").lower()


def attributes_of(pairs: list[dict[str, Any]] | None) -> dict[str, object]:
    """A list of key and typed value as a dictionary."""
    return {pair["key"]: _value(pair.get("value") or {}) for pair in pairs or ()}


def _value(typed: dict[str, Any]) -> object:
    if "intValue" in typed:
        return int(typed["intValue"])
    if "arrayValue" in typed:
        return [_value(one) for one in typed["arrayValue"].get("values", ())]
    if "kvlistValue" in typed:
        return attributes_of(typed["kvlistValue"].get("values"))
    return next(iter(typed.values()), None)
