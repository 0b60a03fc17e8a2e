"""What Jaeger 1.x saw, by the query API of its user interface.

A search needs a service: it matches spans of the entry service whose tags, or whose process'
tags, have the value as text, and returns their traces whole. A trace whose entry span was lost
is therefore not found: ask `by_id`. There is no query for a number, so counting reads. The
in-memory store shows a span that was received twice twice; others fold it.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from smokestack.observe.ahead import ahead
from smokestack.observe.edge import Edge, Params
from smokestack.observe.exposition import read_metrics
from smokestack.observe.replies import says_absent
from smokestack.observe.traces import BULK_S
from smokestack.samples import Span, Trace

SEARCH = "/api/traces"
MOST_TRACES = 100_000
"""Traces that counting reads at most: about 100 MB."""


class Jaeger:
    """A client of one Jaeger query service.

    `service` is the service in whose spans a search looks. `admin` is the port with /metrics and
    the readiness probe (14269 by default); without it, readiness is that the API answers.
    """

    name = "jaeger"
    counts_by_query = False

    def __init__(self, edge: Edge, *, service: str, admin: Edge | None = None) -> None:
        self.edge = edge
        self.admin = admin
        self.service = service

    def ready(self) -> bool:
        """Whether the query API answers, and the admin port, if known, says 'available'."""
        return (self.admin is None or self.admin.answers("/")) and self.edge.answers(
            "/api/services"
        )

    def version(self) -> str:
        """Its version from `jaeger_build_info`; empty without an admin port, or in own builds."""
        if self.admin is None:
            return ""
        return read_metrics(self.admin).label("jaeger_build_info", "version") or ""

    def services(self) -> list[str]:
        """The services whose spans it has."""
        return self.edge.read("/api/services", None, lambda answer: sorted(answer["data"] or ()))

    def by_id(self, trace_id: str) -> Trace | None:
        """One trace, or None where it is not there."""
        path = f"{SEARCH}/{trace_id}"
        reply = self.edge.send("GET", path, shown=f"{SEARCH}/{{id}}")
        if says_absent(reply):
            return None
        found = self.edge.decoded(path, self.edge.json_of(reply, path), traces_of)
        return found[0] if found else None

    def by_ids(self, ids: Sequence[str]) -> dict[str, Trace]:
        """Those of some traces that it has: one query. What it does not have, it leaves out."""
        if not ids:
            return {}
        found = self.edge.read(SEARCH, {"traceID": ids}, traces_of, timeout_s=BULK_S)
        return {one.trace_id: one for one in found}

    def latest_ids(self, start: float, end: float, *, limit: int) -> list[str]:
        """The ids of the latest traces of the service, whoever sent the requests: one query."""
        params = self._within(start, end, limit)
        return self.edge.read(SEARCH, params, lambda answer: sorted(_ids(answer)))

    def find(
        self, attribute: str, value: str, start: float, end: float, *, limit: int
    ) -> list[Trace]:
        """Whole traces with an entry span that carries the attribute: one query."""
        params = self._params(attribute, value, start, end, limit)
        return self.edge.read(SEARCH, params, traces_of, timeout_s=BULK_S)

    def pages(
        self,
        attribute: str,
        value: str,
        start: float,
        end: float,
        *,
        limit: int,
        cuts: Sequence[float] = (),
    ) -> Iterator[list[Trace]]:
        """The same, one query for each stretch of time between `cuts`: its answers are large, and
        a search has no other pages. A trace with entry spans on either side of a cut comes twice.
        """
        edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        stretches = (
            self._params(attribute, value, since, until, limit)
            for since, until in itertools.pairwise(edges)
        )
        # To find and send them takes Jaeger as long as it takes us to read them.
        for reply in ahead(partial(self._bulk, params) for params in stretches):
            yield self.edge.decoded(SEARCH, self.edge.json_of(reply, SEARCH), traces_of)

    def _bulk(self, params: Params) -> httpx.Response:
        return self.edge.send("GET", SEARCH, params, timeout=BULK_S)

    def ids(self, attribute: str, value: str, start: float, end: float, *, limit: int) -> set[str]:
        """The ids alone; Jaeger sends the traces whole all the same."""
        params = self._params(attribute, value, start, end, limit)
        return self.edge.read(SEARCH, params, _ids, timeout_s=BULK_S)

    def count(self, attribute: str, value: str, start: float, end: float) -> int:
        """How many such traces there are: reads them all, in one query."""
        params = self._params(attribute, value, start, end, MOST_TRACES)
        return self.edge.read(SEARCH, params, lambda answer: len(_ids(answer)))

    def _params(self, attribute: str, value: str, start: float, end: float, limit: int) -> Params:
        return {"tags": json.dumps({attribute: value}), **self._within(start, end, limit)}

    def _within(self, start: float, end: float, limit: int) -> Params:
        return {
            "service": self.service,
            "start": int(start * 1e6),
            "end": int(end * 1e6),
            "limit": self.edge.at_most(limit),
        }

    def repeat(self, attribute: str, value: str, start: float, end: float) -> str:
        """A shell command that searches again."""
        return self.edge.repeat(SEARCH, self._params(attribute, value, start, end, MOST_TRACES))


def traces_of(answer: Any) -> list[Trace]:
    """The traces of /api/traces. Raises LookupError or TypeError for another shape."""
    return [_trace(one) for one in answer["data"] or ()]


def _ids(answer: Any) -> set[str]:
    return {_trace_id(one["traceID"]) for one in answer["data"] or ()}


def _trace(one: dict[str, Any]) -> Trace:
    resources = {key: _resource(process) for key, process in one["processes"].items()}
    spans = (_span(span, resources[span["processID"]]) for span in one["spans"])
    return Trace(_trace_id(one["traceID"]), tuple(spans))


def _trace_id(text: str) -> str:
    """Jaeger leaves the upper half out where it is zero."""
    return text.lower().zfill(32)


def _resource(process: dict[str, Any]) -> dict[str, object]:
    return {"service.name": process["serviceName"], **_tags(process.get("tags"))}


def _tags(tags: list[dict[str, Any]] | None) -> dict[str, object]:
    # The same few names in every span: each is kept once.
    return {sys.intern(tag["key"]): tag["value"] for tag in tags or ()}


def _span(one: dict[str, Any], resource: Mapping[str, object]) -> Span:
    tags = _tags(one.get("tags"))
    return Span(
        trace_id=_trace_id(one["traceID"]),
        span_id=one["spanID"].zfill(16),
        parent_id=_parent(one),
        name=one["operationName"],
        service=str(resource["service.name"]),
        kind=str(tags.pop("span.kind", "internal")),
        started_at=one["startTime"] / 1e6,
        duration_s=one["duration"] / 1e6,
        attributes=tags,
        resource=resource,
        error=tags.get("error") in (True, "true"),
    )


def _parent(one: dict[str, Any]) -> str:
    for reference in one.get("references") or ():
        if reference["refType"] == "CHILD_OF" and reference["traceID"] == one["traceID"]:
            return str(reference["spanID"]).zfill(16)
    return ""
