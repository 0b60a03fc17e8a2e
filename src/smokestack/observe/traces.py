"""What every trace store is asked, so that the same checks run on Jaeger and on Tempo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from smokestack.observe.edge import Edge
from smokestack.samples import Trace

BULK_S = 60.0
"""Seconds in which a bulk answer must begin: reading 20,000 traces takes 3 to 10 on idle cores."""


class TraceStore(Protocol):
    """A client of a trace store. All methods raise `Unreachable` or `BadResponse`.

    An attribute is one of spans or of their resource. `start` and `end` are seconds since the
    epoch. `counts_by_query` says whether `count` asks the server for a number (True), or reads
    the traces and counts them.
    """

    name: str
    edge: Edge
    counts_by_query: bool

    def ready(self) -> bool:
        """Whether it can be queried."""
        ...

    def version(self) -> str:
        """Its own version; empty where it does not tell."""
        ...

    def by_id(self, trace_id: str) -> Trace | None:
        """One trace, or None where the store does not have it: for a few, never for each."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Trace]:
        """Those of some traces that the store has, whole: for a sample, never for each request."""
        ...

    def latest_ids(self, start: float, end: float, *, limit: int) -> list[str]:
        """The ids of some traces of the entry service, whoever sent the requests: one query."""
        ...

    def find(
        self, attribute: str, value: str, start: float, end: float, *, limit: int
    ) -> list[Trace]:
        """Whole traces in which the entry service carries the attribute, `limit` at most."""
        ...

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
        """The same traces in pages, for more of them than should stand in memory.

        `cuts` are moments between which about a page of traces began; a store that pages in
        another way has no use for them. A trace may be on two pages, as it was at either time.
        """
        ...

    def ids(self, attribute: str, value: str, start: float, end: float, *, limit: int) -> set[str]:
        """The ids of those traces alone: much cheaper than `find` where the store can do it."""
        ...

    def count(self, attribute: str, value: str, start: float, end: float) -> int:
        """How many traces have an entry span that carries the attribute."""
        ...

    def repeat(self, attribute: str, value: str, start: float, end: float) -> str:
        """A shell command that searches again."""
        ...
