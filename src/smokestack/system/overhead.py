"""What telemetry may cost an application, and how it is run with and without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

import pydantic

from smokestack.arms import AGAIN, OFF, Statistic
from smokestack.system.units import Seconds, Section, written

OverheadSignal = Literal["metrics", "logs", "traces", "all"]
ON = "on"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UNITS = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(us|µs|ms|s|%)?")
_BUDGET = _LIMIT.pattern.removesuffix("?")
"""As `_LIMIT`, which takes one without a unit to say so."""
_ROUTE = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (/\S*)")


@dataclass(frozen=True)
class Limit:
    """At most so many seconds a request, or such a share of what a request takes without."""

    seconds: float | None = None
    share: float | None = None

    def __str__(self) -> str:
        if self.share is not None:
            return f"{self.share * 100:g}%"
        return f"{(self.seconds or 0.0) * 1000:g} ms"


def _limit(value: object) -> Limit:
    text = str(value)
    match = _LIMIT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is neither a duration such as 1ms or 250us, nor a share as 5%")
    if match[2] is None:
        raise ValueError(
            f"{text!r} has no unit: a budget is a duration such as 1ms or 250us, or a share such "
            "as 5% of what a request takes without telemetry"
        )
    number = float(match[1])
    if number == 0:
        raise ValueError(f"{text!r}: no telemetry costs nothing, so a budget is more than 0")
    return Limit(share=number / 100) if match[2] == "%" else Limit(number * _UNITS[match[2]])


@dataclass(frozen=True)
class Asked:
    """A request: its method, and its path with what may follow a question mark."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


def _route(value: object) -> Asked:
    match = _ROUTE.fullmatch(str(value))
    if not match:
        raise ValueError(f"{str(value)!r} is not a method and a path, such as GET /api/v1/ping")
    return Asked(match[1], match[2])


class Budget(Section):
    """What a signal may cost: a statistic of a request's time, or its CPU time on average."""

    signal: OverheadSignal
    statistic: Statistic
    max: Annotated[Limit, pydantic.BeforeValidator(_limit), written(_BUDGET)]


_OneRoute = Annotated[Asked, pydantic.BeforeValidator(_route), written(_ROUTE.pattern)]


class Routes(Section):
    """A route that does next to nothing, and one that does real work."""

    quiet: _OneRoute
    working: _OneRoute

    def named(self) -> dict[str, Asked]:
        """Both, by their names."""
        return {"quiet": self.quiet, "working": self.working}


class Overhead(Section):
    """Budgets for what telemetry costs a request.

    By default the sample application is run. A service of one's own is run by `start`, with an
    `environment` for each arm, or answers already at two `urls`. `metrics` is the path at which
    an arm with metrics exposes them.
    """

    budgets: tuple[Budget, ...]
    routes: Routes
    time_allowed: Seconds = 20.0
    metrics: str = "/metrics"
    start: Annotated[tuple[str, ...], pydantic.Field(min_length=1)] | None = None
    environment: Mapping[str, Mapping[str, str]] = pydantic.Field(default_factory=dict)
    urls: Mapping[str, str] | None = None

    def of(self, signal: OverheadSignal) -> tuple[Budget, ...]:
        """The budgets of one signal."""
        return tuple(one for one in self.budgets if one.signal == signal)

    @property
    def signals(self) -> tuple[OverheadSignal, ...]:
        """The signals that have a budget: each is an arm."""
        return tuple(one for one in get_args(OverheadSignal) if self.of(one))

    @property
    def arms(self) -> tuple[str, ...]:
        """All arms: those without telemetry first."""
        return (OFF, AGAIN, *self.signals)

    @pydantic.field_validator("budgets")
    @classmethod
    def _some(cls, value: tuple[Budget, ...]) -> tuple[Budget, ...]:
        if not value:
            raise ValueError("there must be a budget")
        return value

    @pydantic.field_validator("time_allowed")
    @classmethod
    def _bounded(cls, value: float) -> float:
        if not 1 <= value <= 600:
            raise ValueError(f"{value:g} s is not between 1s and 10m")
        return value

    @pydantic.field_validator("metrics")
    @classmethod
    def _a_path(cls, value: str) -> str:
        if not value.startswith("/"):
            raise ValueError(f"{value!r} is not a path, such as /metrics")
        return value

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        for why in (*self._of_urls(), *self._of_environment()):
            raise ValueError(why)
        return self

    def _of_urls(self) -> Iterator[str]:
        if self.urls is None:
            return
        if self.start or self.environment:
            yield "`urls` are of services that run already: neither start nor environment can be"
        if set(self.urls) != {OFF, ON}:
            yield f"`urls` has {', '.join(sorted(self.urls))}: expected two, `off` and `on`"
        for arm, url in self.urls.items():
            parts = urlsplit(url)
            if parts.scheme != "http" or parts.hostname not in LOOPBACK:
                yield f"urls.{arm}: {url} is not http on loopback, and nothing else is sent to"
        if len(self.signals) > 1:
            yield f"two `urls` differ in one signal; there are budgets of {', '.join(self.signals)}"
        if "logs" in self.signals:
            yield "whether a service that runs already writes lines cannot be seen: use `start`"
        if any(one.statistic == "cpu" for one in self.budgets):
            yield "the CPU time of a service that runs already is not known: use `start`"

    def _of_environment(self) -> Iterator[str]:
        known = (OFF, *self.signals)
        for arm in self.environment:
            if arm not in known:
                yield f"environment.{arm}: there is no such arm; there are {', '.join(known)}"
        if self.start is None:
            return
        for arm in self.signals:
            if arm not in self.environment:
                yield f"environment.{arm} must be there: that arm would run like the one without"
