"""Log lines and traces of a load, read page by page and kept on disk.

A hundred thousand requests leave more lines and spans than should stand in memory (150,000 and
300,000). Judges read them page by page, each as often as it likes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from smokestack.samples import LogLine, Span, Trace
from smokestack.spool import Spool

DECODED = 3
"""Pages of traces that stand in memory at a time: one is judged, and neighbours overlap."""


class KeptLines(Collection[LogLine]):
    """Log lines in the order in which they were added."""

    def __init__(self, pages: Iterable[Iterable[LogLine]] = ()) -> None:
        self._spool, self._number = Spool(), 0
        for page in pages:
            self._add(page)

    def _add(self, page: Iterable[LogLine]) -> None:
        rows = [(one.at, _plain(one.labels), one.text, _plain(one.fields)) for one in page]
        self._spool.add(rows)
        self._number += len(rows)

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[LogLine]:
        for page in self._spool:
            for row in page:
                yield LogLine(*row)

    def __contains__(self, line: object) -> bool:
        return any(line == one for one in self)


class KeptTraces(Mapping[str, Trace]):
    """Traces by id, in the order in which they were first added.

    To go through them in that order decodes each page once; any other order is dear.
    """

    def __init__(self) -> None:
        self._spool = Spool()
        self._page_of: dict[str, int] = {}
        self.spans = 0
        """How many spans there are, in all traces."""
        self._decoded = lru_cache(DECODED)(self._decode)

    def add(self, traces: Iterable[Trace]) -> None:
        """Keep a page of traces. Of one that was added before, what has more spans is kept."""
        fresh = {one.trace_id: one for one in traces if self._has_more(one)}
        if not fresh:
            return
        for one in fresh.values():
            before = self[one.trace_id].spans if one.trace_id in self else ()
            self.spans += len(one.spans) - len(before)
        page = self._spool.add([_row(one) for one in fresh.values()])
        self._page_of |= dict.fromkeys(fresh, page)

    def _has_more(self, one: Trace) -> bool:
        known = self.get(one.trace_id)
        return known is None or len(one.spans) > len(known.spans)

    def _decode(self, number: int) -> dict[str, Trace]:
        return {row[0]: _trace(row) for row in self._spool.page(number)}

    def __getitem__(self, trace_id: str) -> Trace:
        return self._decoded(self._page_of[trace_id])[trace_id]

    def __contains__(self, trace_id: object) -> bool:
        return trace_id in self._page_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._page_of)

    def __len__(self) -> int:
        return len(self._page_of)


def _row(trace: Trace) -> tuple[str, list[tuple[Any, ...]]]:
    return trace.trace_id, [
        (one.span_id, one.parent_id, one.name, one.service, one.kind, one.started_at,
         one.duration_s, _plain(one.attributes), _plain(one.resource), one.error)
        for one in trace.spans
    ]  # fmt: skip


def _trace(row: tuple[str, list[tuple[Any, ...]]]) -> Trace:
    trace_id, spans = row
    return Trace(trace_id, tuple(Span(trace_id, *one) for one in spans))


def _plain(mapping: Mapping[str, object]) -> dict[str, object]:
    """The very same one where it can be: what spans share is then kept once."""
    return mapping if isinstance(mapping, dict) else dict(mapping)
