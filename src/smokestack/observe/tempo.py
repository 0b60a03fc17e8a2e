"""What Tempo saw: by id at once, by TraceQL search and by TraceQL metrics after a short delay.

Tempo has no bulk read of whole traces, so a search is made to return them: `{A} && {}` matches
the traces in which some span has A and returns all their spans, and `select(…)` adds the
attributes asked for to each. Structural operators (`{A} &>> {}`) would not do: Tempo numbers
the tree of a trace from its root, and ours begin below a span of the load generator that no
store has. For the same reason `nestedSetParent < 0` finds no root; traces are counted by the
server spans of the entry service.

A search reports an attribute that a span lacks as the text `nil`, leaves zeros at the head of a
trace id out, gives at most `spss` spans a trace (the server's own limit is 100), and refuses
when its answer would exceed 16 MB, some 8,000 small traces. So more are read in pages, by the
last digits of their ids; ids are random, so the pages are about equal. Their first digits would
not do: Tempo matches against the id without its leading zeros.

A trace whose spans came far apart lies in several blocks; then a search shows the largest part
of it alone, `by_id` all. So a trace that `find` shows incomplete is not proven to be so before
`by_id` was asked. Spans received twice are shown twice until Tempo compacts their blocks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from smokestack.errors import BadResponse
from smokestack.observe.edge import Edge, Params
from smokestack.observe.otlp import attributes_of, spans_of
from smokestack.observe.replies import says_absent
from smokestack.observe.traces import BULK_S
from smokestack.panels import Tally
from smokestack.samples import Span, Trace

SEARCH = "/api/search"
COUNT = "/api/metrics/query"
BY_ID = "/api/traces/"
INTRINSICS = ("span:parentID", "name", "kind", "status", "resource.service.name")
ABSENT = "nil"
SPANS_A_TRACE = 100
"""Spans a trace that a search may ask for (`max_spans_per_span_set`)."""
TRACES_A_PAGE = 2500
"""Traces that one search is to return: 10 MB of answer at five spans each."""
IDS_A_PAGE = 25_000
"""Traces of which one search is to return the ids alone: some 6 MB of answer."""
AT_ONCE = 8
"""Traces that are asked for by id at the same time."""
DIGITS = "0123456789abcdef"


class Tempo:
    """A client of one Tempo (2 or 3). `service` is the one whose server spans open each trace.

    `attributes` are the span attributes that `find` returns: a search gives only what it names.
    `by_id` returns all.
    """

    name = "tempo"
    counts_by_query = True

    def __init__(self, edge: Edge, *, service: str, attributes: Sequence[str] = ()) -> None:
        self.edge = edge
        self.service = service
        self.attributes = tuple(attributes)

    def ready(self) -> bool:
        """Whether it says that all its parts run."""
        return self.edge.answers("/ready")

    def version(self) -> str:
        """Its own version; empty where the binary was built without one."""
        return self.edge.read("/api/status/buildinfo", None, lambda data: str(data["version"]))

    def by_id(self, trace_id: str) -> Trace | None:
        """One trace, whole, or None where it is not there: seen as soon as it is received."""
        path = BY_ID + trace_id
        reply = self.edge.send("GET", path, shown=f"{BY_ID}{{id}}", headers={"Accept": JSON})
        if says_absent(reply):
            return None
        spans = self.edge.decoded(path, self.edge.json_of(reply, path), _spans_by_id)
        return Trace(trace_id, spans) if spans else None

    def by_ids(self, ids: Sequence[str]) -> dict[str, Trace]:
        """Those of some traces that it has, whole: a query each, some at once. A search would take
        one, and shows of a trace that lies in several blocks the largest part alone.
        """
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tempo") as pool:
            found = pool.map(self.by_id, ids)
            return {one.trace_id: one for one in found if one is not None}

    def latest_ids(self, start: float, end: float, *, limit: int) -> list[str]:
        """The ids of some traces with a server span of the service, whoever sent the requests: one
        query.
        """
        params = matching_params(f"{{ {self._server} }}", start, end, limit)
        return sorted(self.edge.read(SEARCH, params, _ids))

    def find(
        self, attribute: str, value: str, start: float, end: float, *, limit: int
    ) -> list[Trace]:
        """Whole traces in which a span or its resource carries the attribute.

        One query to count them, and one for each page of up to 2,500.

        Raises:
            Unreachable: Tempo could not be asked.
            BadResponse: it refused, or a trace has more spans than a search returns.
        """
        pages = self.pages(attribute, value, start, end, limit=limit)
        return [trace for page in pages for trace in page][:limit]

    def pages(
        self,
        attribute: str,
        value: str,
        start: float,
        end: float,
        *,
        limit: int,
        cuts: Sequence[float] = (),  # noqa: ARG002 - it has pages of its own
    ) -> Iterator[list[Trace]]:
        """The same page by page; by ids, not by time. Raises as `find`."""
        expected = min(limit, self.count(attribute, value, start, end))
        for ids in id_pages(expected):
            params = self._search(attribute, value, start, end, limit=limit, ids=ids)
            yield self.edge.read(SEARCH, params, self._traces, timeout_s=BULK_S)

    def matching(self, query: str, start: float, end: float, limit: int) -> Tally:
        """How many traces a TraceQL query finds, `limit` at most."""
        params = matching_params(query, start, end, limit)
        traces = self.edge.read(SEARCH, params, lambda answer: len(answer.get("traces") or ()))
        return Tally(traces, traces, traces)

    def repeat_matching(self, query: str, start: float, end: float, limit: int) -> str:
        """A shell command that searches again."""
        return self.edge.repeat(SEARCH, matching_params(query, start, end, limit))

    def _traces(self, answer: Any) -> list[Trace]:
        return [self._trace(one) for one in answer.get("traces") or ()]

    def _trace(self, one: dict[str, Any]) -> Trace:
        trace_id = _trace_id(one)
        sets = one.get("spanSets") or [one["spanSet"]]
        if any(one_set.get("matched", 0) > SPANS_A_TRACE for one_set in sets):
            raise BadResponse(
                f"{self.edge.server}: trace {trace_id} has more than {SPANS_A_TRACE} spans, "
                "and a search returns no more",
                hint="its spans can be read by id; or raise Tempo's max_spans_per_span_set",
            )
        spans = (_found(trace_id, span) for one in sets for span in one["spans"])
        return Trace(trace_id, tuple(spans))

    def ids(self, attribute: str, value: str, start: float, end: float, *, limit: int) -> set[str]:
        """The ids alone, of traces whose entry span carries the attribute: one query to count
        them, and one for each page of up to 25,000.
        """
        entry, whole = self._entry(attribute, value), _whole_seconds(start, end)
        found, most = set[str](), self.edge.at_most(limit)
        for ids in id_pages(self.count(attribute, value, start, end), IDS_A_PAGE):
            page = _on_page(ids)
            params: Params = {"q": f"{{ {entry}{page} }}", "limit": most, "spss": 1, **whole}
            found |= self.edge.read(SEARCH, params, _ids, timeout_s=BULK_S)
        return found

    def _entry(self, attribute: str, value: str) -> str:
        return f".{quoted(attribute)} = {quoted(value)} && {self._server}"

    @property
    def _server(self) -> str:
        return f"kind = server && resource.service.name = {quoted(self.service)}"

    def count(self, attribute: str, value: str, start: float, end: float) -> int:
        """How many server spans of the entry service carry the attribute: one query."""
        params = self._count(attribute, value, start, end)
        return self.edge.read(COUNT, params, lambda answer: int(_sum(answer)))

    def repeat(self, attribute: str, value: str, start: float, end: float) -> str:
        """A shell command that counts again."""
        return self.edge.repeat(COUNT, self._count(attribute, value, start, end))

    def _search(
        self, attribute: str, value: str, start: float, end: float, *, limit: int, ids: str
    ) -> Params:
        selected = [*INTRINSICS, *(f"span.{quoted(one)}" for one in self.attributes)]
        matching = f"{{ .{quoted(attribute)} = {quoted(value)}{_on_page(ids)} }}"
        return {
            "q": f"({matching} && {{}}) | select({', '.join(selected)})",
            "limit": self.edge.at_most(limit),
            "spss": SPANS_A_TRACE,
            **_whole_seconds(start, end),
        }

    def _count(self, attribute: str, value: str, start: float, end: float) -> Params:
        query = f"{{ {self._entry(attribute, value)} }} | count_over_time()"
        return {"q": query, **_whole_seconds(start, end)}


JSON = "application/json"


def matching_params(query: str, start: float, end: float, limit: int) -> Params:
    """The parameters of a search by a TraceQL query."""
    return {"q": query, "limit": limit, "spss": 1, **_whole_seconds(start, end)}


def _whole_seconds(start: float, end: float) -> dict[str, int]:
    """Tempo reads whole seconds here: the range is widened to them."""
    return {"start": int(start), "end": int(end) + 1}


def _on_page(ids: str) -> str:
    return f" && trace:id =~ {quoted(ids)}" if ids else ""


def id_pages(traces: int, a_page: int = TRACES_A_PAGE) -> list[str]:
    """Patterns of trace ids that part `traces` random ones into pages of up to `a_page`; `[""]`
    for one page.
    """
    if traces <= a_page:
        return [""]
    pages = min(256, 2 ** math.ceil(math.log2(traces / a_page)))
    last = _groups(min(pages, 16))
    before = _groups(pages // 16) if pages > 16 else [""]
    return [f".*{first}{second}" for first in before for second in last]


def _groups(count: int) -> list[str]:
    size = 16 // count
    return [f"[{DIGITS[at : at + size]}]" for at in range(0, 16, size)]


def quoted(text: str) -> str:
    """A string, or an attribute's name, as TraceQL reads it."""
    return json.dumps(text)


def _spans_by_id(answer: Any) -> tuple[Span, ...]:
    return tuple(spans_of(answer.get("batches") or answer.get("resourceSpans") or []))


def _ids(answer: Any) -> set[str]:
    return {_trace_id(one) for one in answer.get("traces") or ()}


def _trace_id(one: dict[str, Any]) -> str:
    return str(one["traceID"]).lower().zfill(32)


def _sum(answer: Any) -> float:
    return float(sum(one.get("value", 0) for one in answer.get("series") or ()))


def _found(trace_id: str, one: dict[str, Any]) -> Span:
    attributes = attributes_of(one.get("attributes"))
    present = {key: value for key, value in attributes.items() if value != ABSENT}
    service = str(present.pop("service.name", ""))
    return Span(
        trace_id=trace_id,
        span_id=one["spanID"].zfill(16),
        parent_id=_parent(present),
        name=one.get("name", ""),
        service=service,
        kind=str(present.pop("kind", "unspecified")),
        started_at=int(one["startTimeUnixNano"]) / 1e9,
        duration_s=int(one.get("durationNanos", 0)) / 1e9,
        error=present.pop("status", "unset") == "error",
        attributes=present,
        resource=_resource(service),
    )


def _parent(attributes: dict[str, object]) -> str:
    parent = str(attributes.pop("span:parentID", ""))
    return parent.zfill(16) if parent.strip("0") else ""


def _resource(service: str) -> Mapping[str, object]:
    return {"service.name": service} if service else {}
