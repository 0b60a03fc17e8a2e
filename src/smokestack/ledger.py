"""The ledger: every request that was sent, and what became of it.

A ledger may have a hundred thousand requests and more. `Packed` keeps them in columns, at about
a third of a kilobyte each, and makes each `Request` anew when it is asked for.
"""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload


@dataclass(frozen=True, slots=True)
class Request:
    """One line of the ledger: a request that a scenario sent, and what became of it.

    `status` is None when no answer came (the client timed out or lost the connection): whether
    the server counted it is unknown. `echoed_id` is the correlation id in the response.
    """

    n: int
    load: str
    method: str
    route: str
    status: int | None
    intended_at: float
    sent_at: float
    latency_s: float
    trace_id: str
    span_id: str
    correlation_id: str
    echoed_id: str | None = None
    error: str | None = None

    @property
    def ended_at(self) -> float:
        """When the answer was whole."""
        return self.sent_at + self.latency_s


class _Lazy(Sequence[Request]):
    """A sequence of requests that are made when they are asked for."""

    def _at(self, position: int) -> Request:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Request: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Request, ...]: ...
    def __getitem__(self, index: int | slice) -> Request | tuple[Request, ...]:
        chosen = range(len(self))[index]  # raises IndexError as a tuple would
        return self._at(chosen) if isinstance(chosen, int) else tuple(map(self._at, chosen))

    def __iter__(self) -> Iterator[Request]:
        return map(self._at, range(len(self)))


class Packed(_Lazy):
    """Requests in columns. What many have in common (load, method, route, status) is kept once."""

    def __init__(self, requests: Iterable[Request] = ()) -> None:
        self._kinds: list[tuple[str, str, str, int | None]] = []
        self._kind_of: dict[tuple[str, str, str, int | None], int] = {}
        self._kind, self._n, self._times = array("I"), array("q"), array("d")
        self._ids: tuple[list[str], list[str], list[str]] = ([], [], [])
        self._odd: dict[int, tuple[str | None, str | None]] = {}
        for one in requests:
            self.append(one)

    def __len__(self) -> int:
        return len(self._n)

    def append(self, one: Request) -> None:
        """Add a request at the end. Raises TypeError where a number is none."""
        key = (one.load, one.method, one.route, one.status)
        kind = self._kind_of.setdefault(key, len(self._kinds))
        if kind == len(self._kinds):
            self._kinds.append(key)
        if one.echoed_id != one.correlation_id or one.error is not None:
            self._odd[len(self)] = (one.echoed_id, one.error)
        self._times.extend((one.intended_at, one.sent_at, one.latency_s))
        self._kind.append(kind)
        for column, value in zip(
            self._ids, (one.trace_id, one.span_id, one.correlation_id), strict=True
        ):
            column.append(value)
        self._n.append(one.n)

    def _at(self, position: int) -> Request:
        traces, spans, correlations = self._ids
        load, method, route, status = self._kinds[self._kind[position]]
        intended_at, sent_at, latency_s = self._times[3 * position : 3 * position + 3]
        same = correlations[position]
        echoed, error = self._odd.get(position, (same, None))
        return Request(
            self._n[position], load, method, route, status, intended_at, sent_at, latency_s,
            traces[position], spans[position], same, echoed, error,
        )  # fmt: skip


class _Joined(_Lazy):
    """Several sequences of requests, one after the other."""

    def __init__(self, *parts: Sequence[Request]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def _at(self, position: int) -> Request:
        for part in self._parts:
            if position < len(part):
                return part[position]
            position -= len(part)
        raise IndexError(position)

    def __iter__(self) -> Iterator[Request]:
        return itertools.chain(*self._parts)


@dataclass(frozen=True)
class Ledger:
    """The exact record of what was sent."""

    requests: Sequence[Request] = ()

    def __len__(self) -> int:
        return len(self.requests)

    def __add__(self, other: Ledger) -> Ledger:
        if not self.requests or not other.requests:
            return other if other.requests else self
        return Ledger(_Joined(self.requests, other.requests))

    @cached_property
    def counts(self) -> Mapping[tuple[str, str, int], int]:
        """Answered requests by (method, route, status)."""
        return Counter((r.method, r.route, r.status) for r in self.requests if r.status is not None)

    @cached_property
    def unknown(self) -> tuple[Request, ...]:
        """Requests without an answer: counted by the server or not, nobody knows."""
        return tuple(r for r in self.requests if r.status is None)

    @cached_property
    def first_at(self) -> float:
        """When the first request was sent; 0.0 for an empty ledger."""
        return min((r.sent_at for r in self.requests), default=0.0)

    @cached_property
    def last_at(self) -> float:
        """When the last answer was whole; 0.0 for an empty ledger."""
        return max((r.ended_at for r in self.requests), default=0.0)

    @cached_property
    def by_trace(self) -> Mapping[str, int]:
        """Trace id -> where in `requests` the request with it stands, in the order sent."""
        return {request.trace_id: n for n, request in enumerate(self.requests)}

    @cached_property
    def by_correlation(self) -> Mapping[str, int]:
        """Correlation id -> where in `requests` the request with it stands."""
        return {request.correlation_id: n for n, request in enumerate(self.requests)}

    def of_trace(self, trace_id: str) -> Request | None:
        """The request with this trace id, or None where the ledger has no such."""
        position = self.by_trace.get(trace_id)
        return None if position is None else self.requests[position]

    def of_correlation(self, correlation_id: str) -> Request | None:
        """The request with this correlation id, or None where the ledger has no such."""
        position = self.by_correlation.get(correlation_id)
        return None if position is None else self.requests[position]


def by_route(requests: Iterable[Request]) -> list[dict[str, object]]:
    """Ledger summary for reports: [{method, route, status, count}], sorted."""
    counts = Counter((r.method, r.route, r.status) for r in requests)
    ordered = sorted(counts.items(), key=lambda item: (item[0][1], item[0][0], str(item[0][2])))
    return [{"method": m, "route": r, "status": s, "count": c} for (m, r, s), c in ordered]
