"""Which request comes n-th, and when: the same every time, without a clock or a die.

Pure: knows neither Locust nor gevent. A scenario is a `Plan`; the users of its process share one
`Mix` (what) and one `Slots` (when).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

_TINY = 1e-9
"""Requests by which sums of floats may be wrong."""

_WHOLE = 1_000_000
"""Error ratios count in millionths, in whole numbers: sums of floats would drift."""


@dataclass(frozen=True)
class Planned:
    """A request to send. `route` is the template that the server's metrics carry."""

    method: str
    route: str
    path: str
    expected: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Mix(Iterator[Planned]):
    """An endless sequence: `usual` in rotation, and `error` in exactly its share.

    Errors are spread evenly (Bresenham), so that any stretch of the sequence has the asked ratio
    to within one request. `error_ratio` may change at any time; what is owed is carried over.
    """

    def __init__(
        self, usual: Sequence[Planned], *, error: Planned | None = None, error_ratio: float = 0.0
    ) -> None:
        if not usual:
            raise ValueError("a mix needs at least one usual request")
        self._usual = usual
        self._error = error
        self._turn = 0
        self._owed = 0
        self.error_ratio = error_ratio

    @property
    def error_ratio(self) -> float:
        """The share of errors, from 0 to 1."""
        return self._step / _WHOLE

    @error_ratio.setter
    def error_ratio(self, ratio: float) -> None:
        if not 0 <= ratio <= 1:
            raise ValueError(f"error_ratio must lie between 0 and 1, not {ratio}")
        if ratio and self._error is None:
            raise ValueError("this scenario has no error request to mix in")
        self._step = round(ratio * _WHOLE)

    @property
    def latency_s(self) -> float | None:
        """Seconds that its requests are asked to take; None where they are not asked to."""
        return None

    @latency_s.setter
    def latency_s(self, seconds: float) -> None:
        raise ValueError(f"this scenario has no requests that take {seconds:g} s when asked to")

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Planned:
        self._owed += self._step
        if self._owed >= _WHOLE and self._error is not None:
            self._owed -= _WHOLE
            return self._error
        planned = self._usual[self._turn]
        self._turn = (self._turn + 1) % len(self._usual)
        return planned


class SlowMix(Mix):
    """An endless sequence of one request, that takes as long as it is asked to."""

    def __init__(self, slow: Callable[[float], Planned], latency_s: float = 0.0) -> None:
        super().__init__([slow(latency_s)])
        self._slow = slow
        self._latency_s = latency_s

    @property
    def latency_s(self) -> float | None:
        """Seconds that each request is asked to take."""
        return self._latency_s

    @latency_s.setter
    def latency_s(self, seconds: float) -> None:
        self._latency_s = seconds
        self._usual = [self._slow(seconds)]


@dataclass(frozen=True)
class Stage:
    """So many seconds in which the rate goes evenly from one to another, in requests a second."""

    seconds: float
    start: float
    end: float

    @property
    def requests(self) -> float:
        """How many fall into it: the area below its rate."""
        return self.seconds * (self.start + self.end) / 2

    def moment(self, number: float) -> float:
        """After how many seconds of the stage so many requests were due."""
        slope = (self.end - self.start) / self.seconds
        root = math.sqrt(max(0.0, self.start**2 + 2 * slope * number))
        return 2 * number / (self.start + root) if number else 0.0


@dataclass(frozen=True)
class Shape:
    """A rate over time: stages one after another."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        """Refuse stages in which nothing could ever be due."""
        fair = all(one.seconds > 0 and min(one.start, one.end) >= 0 for one in self.stages)
        if not fair or self.total < 1:
            raise ValueError("a shape needs stages that last, with rates of 0 and more")

    @property
    def total(self) -> int:
        """How many requests it has in all."""
        return math.ceil(round(sum(one.requests for one in self.stages), 6))

    @property
    def peak(self) -> float:
        """Its highest rate."""
        return max(max(one.start, one.end) for one in self.stages)

    def scaled(self, peak: float) -> Shape:
        """The same course over the same time, with another highest rate."""
        by = peak / self.peak
        return Shape(tuple(Stage(s.seconds, s.start * by, s.end * by) for s in self.stages))

    def lasting(self, seconds: float) -> Shape:
        """The same course with the same rates, over another time."""
        by = seconds / sum(one.seconds for one in self.stages)
        return Shape(tuple(Stage(s.seconds * by, s.start, s.end) for s in self.stages))

    def moment(self, n: int) -> float | None:
        """When the n-th request is due, from 0, in seconds after the start: the moment at which
        so many were due before it. None where the shape is over by then.
        """
        before, seconds = 0.0, 0.0
        for one in self.stages:
            if n < before + one.requests - _TINY:
                return seconds + one.moment(n - before)
            before, seconds = before + one.requests, seconds + one.seconds
        return None


@dataclass(frozen=True)
class Plan:
    """A scenario's defaults. Without a rate it is a closed loop: each user as fast as it can. With
    a shape the rate changes over time, and the total is what the shape has.
    """

    mix: Callable[[], Mix]
    total: int | None
    rate: float | None
    users: int
    shape: Shape | None = None

    def shaped(
        self, rate: float | None, total: int | None, seconds: float | None = None
    ) -> tuple[Shape | None, int | None]:
        """Its shape with another highest rate and over another time, and how many requests there
        are then. No more are sent than the shape has.
        """
        if self.shape is None:
            steady = rate or self.rate
            if total is None and seconds and steady:
                total = max(1, round(steady * seconds))
            return None, total or self.total
        shape = self.shape.scaled(rate) if rate else self.shape
        shape = shape.lasting(seconds) if seconds else shape
        return shape, min(total or shape.total, shape.total)


class Slots:
    """The moments at which requests are due. `rate` may change at any time; at 0 none is due.

    An open loop falls behind when all users are busy; it then catches up, because its slots do not
    move: the delay shows as the distance between a request's intended and its actual start. What
    was not due while the rate was 0 is not made up for. With `most` no two are closer together
    than so many a second allow, whatever else: then nothing is made up for.
    """

    def __init__(
        self,
        *,
        total: int | None,
        rate: float | None,
        shape: Shape | None = None,
        most: float | None = None,
    ) -> None:
        self._left = total
        self._next_at: float | None = None
        self._shape = shape
        self._began: float | None = None
        self._n = 0
        self._apart_s = 1 / most if most else 0.0
        self._last = -math.inf
        self.rate = shape.peak if shape else rate

    @property
    def paused(self) -> bool:
        """Whether no request is due until the rate changes."""
        return self.rate == 0

    def reserve(self, now: float) -> float | None:
        """When the next request is due, on the caller's clock; None when all are given out.

        Not to be asked while paused.
        """
        if self._left == 0:
            return None
        if self._left is not None:
            self._left -= 1
        due = self._due(now)
        if due is not None and self._apart_s:
            due = self._last = max(due, now, self._last + self._apart_s)
        return due

    def _due(self, now: float) -> float | None:
        if self._shape:
            return self._shaped(self._shape, now)
        if self.rate is None:
            return now
        due = now if self._next_at is None else self._next_at
        self._next_at = due + 1 / self.rate
        return due

    def _shaped(self, shape: Shape, now: float) -> float | None:
        self._began = now if self._began is None else self._began
        moment = shape.moment(self._n)
        self._n += 1
        return None if moment is None else self._began + moment

    def change(self, rate: float) -> None:
        """So many requests a second from now on, whatever the shape was."""
        self._shape = None
        if rate == 0:
            self._next_at = None
        self.rate = rate
