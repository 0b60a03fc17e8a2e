"""What Loki saw: how many lines, and which.

Counting takes one query however many lines there are. Reading takes ceil(N / page) queries, or
one more, since pages overlap: several lines may carry the same nanosecond, and only asking from
that nanosecond on again shows those that did not fit. What a page repeats of the one before is
told by (stream, structured metadata, nanosecond, text) as a multiset: as many as were seen are
skipped, so nothing rests on Loki's own rule for duplicates.

That rule, in 3.7: a line of the same stream, nanosecond, text and structured metadata is dropped.
So a push that a shipper sends again is folded (only `lines_received` counts it twice), whereas a
file that is read again is stored twice where the shipper adds what differs, such as the
collector's `observed_timestamp`. Doubles of that kind, and those under other labels or a
nanosecond apart, are all returned by `lines`.

Structured metadata is asked for apart (`categorize-labels`): else every trace id would make a
stream object of its own in the answer. It is merged into the labels as Loki would do it: a key
that is a stream label as well gets `_extracted`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from smokestack.errors import BadResponse
from smokestack.observe.edge import Edge, Params
from smokestack.observe.series import series_of, tally_of
from smokestack.observe.timestamps import milliseconds, nanoseconds
from smokestack.panels import Tally
from smokestack.samples import LogLine, Series

PAGE = 2000
"""Lines a query. Loki allows 5,000 by default, but no more than 4 MB pass between its parts
(`grpc_server_max_recv_msg_size`), which 4,700 access events with their metadata fill."""
APART = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
QUERY = "/loki/api/v1/query"
RANGE = "/loki/api/v1/query_range"
SERIES = "/loki/api/v1/series"

Identity = tuple[tuple[tuple[str, str], ...], int, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line with its exact time."""

    ns: int
    labels: dict[str, str]
    text: str

    @property
    def identity(self) -> Identity:
        return tuple(sorted(self.labels.items())), self.ns, self.text


class Loki:
    """A client of one Loki (one tenant: `X-Scope-OrgID` belongs to the endpoint)."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def ready(self) -> bool:
        """Whether it says that it can take lines and queries."""
        return self.edge.answers("/ready")

    def version(self) -> str:
        """Its own version; empty where the binary was built without one."""
        path = "/loki/api/v1/status/buildinfo"
        return self.edge.read(path, None, lambda answer: str(answer["version"]))

    def count(self, query: str, at: float | None = None) -> list[Series]:
        """An instant metric query such as `sum by (level) (count_over_time({…}[5m]))`."""
        return self.edge.read(QUERY, count_params(query, at), _data_series)

    def tally(self, query: str, at: float) -> Tally:
        """How much an instant metric query gives. Loki refuses a log query."""
        return self.edge.read(QUERY, count_params(query, at), _tally)

    def range(self, query: str, start: float, end: float, step_s: float) -> list[Series]:
        """A metric query as a range query: one Series a sample, every `step_s` seconds."""
        params = _range_params(query, start, end, step_s, PAGE)
        return self.edge.read(RANGE, params, _data_series)

    def tally_range(self, query: str, start: float, end: float, step_s: float, limit: int) -> Tally:
        """How much a range query gives: samples of a metric query, every `step_s` seconds; lines
        of a log query, the latest `limit` at most.
        """
        return self.edge.read(RANGE, _range_params(query, start, end, step_s, limit), _tally)

    def repeat_range(self, query: str, start: float, end: float, step_s: float, limit: int) -> str:
        """A shell command that asks a range query again."""
        return self.edge.repeat(RANGE, _range_params(query, start, end, step_s, limit))

    def lines(self, selector: str, start: float, end: float, *, page: int = PAGE) -> list[LogLine]:
        """Every line that a log query matches in [start, end), oldest first, none twice.

        Raises as `pages`.
        """
        pages = self.pages(selector, start, end, page=page)
        return [line for lines in pages for line in lines]

    def pages(
        self, selector: str, start: float, end: float, *, page: int = PAGE
    ) -> Iterator[list[LogLine]]:
        """The same lines page by page, for more of them than should stand in memory.

        Raises:
            Unreachable: Loki could not be asked.
            BadResponse: more lines share one nanosecond than fit a page.
        """
        since, until = nanoseconds(start), nanoseconds(end)
        known: Counter[Identity] = Counter()
        while True:
            fresh = self._page(selector, since, until, page)
            yield [_line(entry) for entry in _new(fresh, known, since)]
            if len(fresh) < page:
                return
            if fresh[-1].ns == fresh[0].ns:
                raise BadResponse(
                    f"{self.edge.server}: {page} lines or more of {selector} share the "
                    f"nanosecond {fresh[0].ns}: they cannot be told apart page by page"
                )
            since = fresh[-1].ns
            known = Counter(entry.identity for entry in fresh if entry.ns == since)

    def _page(self, selector: str, since: int, until: int, page: int) -> list[_Entry]:
        params = range_params(selector, since, until, page)
        entries = self.edge.read(RANGE, params, _entries, headers=APART)
        return sorted(entries, key=lambda entry: entry.ns)

    def latest(self, query: str, start: float, end: float, limit: int) -> list[LogLine]:
        """The last lines that a log query matches in [start, end), `limit` at most, oldest first:
        one query.
        """
        params = range_params(query, nanoseconds(start), nanoseconds(end), limit)
        asked = {**params, "direction": "backward"}
        entries = self.edge.read(RANGE, asked, _entries, headers=APART)
        return [_line(entry) for entry in sorted(entries, key=lambda entry: entry.ns)]

    def streams(self, selector: str, start: float, end: float) -> list[dict[str, str]]:
        """The labels of each stream that a selector matches, with lines from `start` to `end`."""
        params = {
            "match[]": selector,
            "start": str(nanoseconds(start)),
            "end": str(nanoseconds(end)),
        }
        return self.edge.read(SERIES, params, lambda answer: list(answer["data"]))

    def label_names(self, start: float, end: float) -> list[str]:
        """The stream labels in use from `start` to `end`; structured metadata is not listed."""
        return self._labels("/loki/api/v1/labels", start, end)

    def label_values(self, name: str, start: float, end: float) -> list[str]:
        """The values of one stream label from `start` to `end`."""
        return self._labels(f"/loki/api/v1/label/{name}/values", start, end)

    def _labels(self, path: str, start: float, end: float) -> list[str]:
        params = {"start": nanoseconds(start), "end": nanoseconds(end)}
        return self.edge.read(path, params, lambda answer: list(answer.get("data") or ()))

    def repeat(self, query: str, at: float | None = None) -> str:
        """A shell command that asks a metric query again."""
        return self.edge.repeat(QUERY, count_params(query, at))

    def repeat_lines(self, selector: str, start: float, end: float) -> str:
        """A shell command that reads the first page of lines again."""
        return self.edge.repeat(
            RANGE, range_params(selector, nanoseconds(start), nanoseconds(end), PAGE)
        )


def count_params(query: str, at: float | None) -> Params:
    """The parameters of an instant metric query."""
    return {"query": query} if at is None else {"query": query, "time": nanoseconds(at)}


def range_params(selector: str, since_ns: int, until_ns: int, page: int) -> Params:
    """The parameters of one page of lines, oldest first."""
    return {
        "query": selector,
        "start": since_ns,
        "end": until_ns,
        "limit": page,
        "direction": "forward",
    }


def _range_params(query: str, start: float, end: float, step_s: float, limit: int) -> Params:
    page = range_params(query, nanoseconds(start), nanoseconds(end), limit)
    return {**page, "direction": "backward", "step": milliseconds(step_s)}


def _tally(answer: Any) -> Tally:
    return tally_of(answer["data"])


def _data_series(answer: Any) -> list[Series]:
    return series_of(answer["data"])


def _entries(answer: Any) -> list[_Entry]:
    data = answer["data"]
    if data["resultType"] != "streams":
        raise ValueError(f"lines were asked for, {data['resultType']!r} came")
    return [entry for stream in data["result"] for entry in _of_stream(stream)]


def _of_stream(stream: dict[str, Any]) -> Iterator[_Entry]:
    for ns, text, *rest in stream["values"]:
        apart = rest[0] if rest else {}
        labels = {**stream["stream"]}
        for kind in ("structuredMetadata", "parsed"):
            for name, value in apart.get(kind, {}).items():
                labels[name if name not in labels else f"{name}_extracted"] = value
        yield _Entry(int(ns), labels, text)


def _new(fresh: list[_Entry], known: Counter[Identity], since: int) -> Iterator[_Entry]:
    """Those of a page that are not `known` of the page before: they overlap at `since` alone."""
    left = known.copy()
    for entry in fresh:
        if entry.ns == since and left[entry.identity] > 0:
            left[entry.identity] -= 1
        else:
            yield entry


def _line(entry: _Entry) -> LogLine:
    return LogLine(entry.ns / 1e9, entry.labels, entry.text, _fields(entry.text))


def _fields(text: str) -> dict[str, object]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    # All lines have the same names: each is kept once.
    return {sys.intern(key): body[key] for key in body} if isinstance(body, dict) else {}
