"""All waiting goes through here: `until` something is so, `holds_for` while it stays so.

Both are bounded by a deadline and keep a timeline of what was seen, so that a report can say
"allowed 9.5 s, took 3.1 s" and show what happened in between. A probe that raises
`ObservationError` counts as "could not ask" and is asked again, unless no waiting changes it
(`FINAL`); that and any other exception ends the wait at once. A wait that is told `what` it waits
for can be seen while it lasts: `under_way`. This is the only module that imports tenacity.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import tenacity

from smokestack.errors import NoAccess, NotOffered, NotTrusted, ObservationError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

FINAL = (NoAccess, NotOffered, NotTrusted)
"""What could not be asked and never will."""

NOT_ASKED = "could not ask"
"""How a poll begins at which the question got no answer."""

POLL_S = 0.05
"""Seconds between two questions: half of the 100 ms in which an answer must be noticed."""


@dataclass(frozen=True)
class Poll:
    """What was seen, and how many seconds after the wait began it was first seen."""

    at_s: float
    seen: str


@dataclass(frozen=True)
class Waited(Generic[T_co]):
    """The outcome of a wait. `value` is the last one that could be had.

    `error` is set when the last question could not be asked: then `met` is False and the caller
    cannot tell "not so" from "not seen".
    """

    met: bool
    value: T_co | None
    allowed_s: float
    took_s: float
    polls: tuple[Poll, ...]
    error: ObservationError | None = None

    def __str__(self) -> str:
        return f"allowed {self.allowed_s:.1f} s, took {self.took_s:.1f} s"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A wait that is not over: what for, for how many seconds so far of those allowed, and what
    was seen last.
    """

    what: str
    took_s: float
    allowed_s: float
    seen: str | None


@dataclass
class _Watch(Generic[T]):
    """One wait as it goes: asks, remembers the value and every change of what was seen."""

    probe: Callable[[], T]
    describe: Callable[[T], str]
    allowed_s: float
    what: str = ""
    started: float = field(default_factory=time.monotonic)
    value: T | None = None
    error: ObservationError | None = None
    polls: list[Poll] = field(default_factory=list)

    def ask(self, accept: Callable[[T], bool]) -> bool:
        try:
            self.value = self.probe()
        except FINAL:
            raise
        except ObservationError as error:
            self.error = error
            self._note(f"{NOT_ASKED}: {error.message}")
            return False
        self.error = None
        self._note(self.describe(self.value))
        return accept(self.value)

    def _note(self, seen: str) -> None:
        if not self.polls or self.polls[-1].seen != seen:
            self.polls.append(Poll(self.elapsed, seen))

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def outcome(self, *, met: bool) -> Waited[T]:
        polls = tuple(self.polls)
        return Waited(met, self.value, self.allowed_s, self.elapsed, polls, self.error)


_listed: dict[int, _Watch[Any]] = {}
_lock = threading.Lock()


def under_way() -> list[UnderWay]:
    """The waits of this process that said what they wait for, the oldest first."""
    with _lock:
        listed = list(_listed.values())
    return [
        UnderWay(one.what, one.elapsed, one.allowed_s, one.polls[-1].seen if one.polls else None)
        for one in listed
    ]


@contextmanager
def _shown(watch: _Watch[Any]) -> Iterator[None]:
    """While the block runs, the wait is among those under way, if it says what it is for."""
    if not watch.what:
        yield
        return
    with _lock:
        _listed[id(watch)] = watch
    try:
        yield
    finally:
        with _lock:
            del _listed[id(watch)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _retry(question: Callable[[], bool], *, stop_on: bool, for_s: float, every_s: float) -> bool:
    """Ask until the answer is `stop_on` (then True) or the time is over (then False)."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda answer: answer is not stop_on),
        stop=tenacity.stop_before_delay(for_s),
        wait=tenacity.wait_fixed(every_s),
    )
    try:
        retrying(question)
    except tenacity.RetryError:
        return False
    return True


def until(
    probe: Callable[[], T],
    accept: Callable[[T], bool] = bool,
    *,
    within_s: float,
    every_s: float = POLL_S,
    describe: Callable[[T], str] = _short,
    what: str = "",
) -> Waited[T]:
    """Ask `probe` every `every_s` seconds until `accept` likes the answer, `within_s` at most.

    Asks at least once, and once more at the deadline itself. Returns, never raises, when time is
    up; an exception of the probe that is not an `ObservationError` passes through.
    """
    watch = _Watch(probe, describe, within_s, what)
    with _shown(watch):
        met = _retry(lambda: watch.ask(accept), stop_on=True, for_s=within_s, every_s=every_s)
        if not met and watch.elapsed < within_s:
            pause(within_s - watch.elapsed)
            met = watch.ask(accept)
    return watch.outcome(met=met)


def holds_for(
    probe: Callable[[], T],
    accept: Callable[[T], bool],
    *,
    for_s: float,
    every_s: float = POLL_S,
    describe: Callable[[T], str] = _short,
    what: str = "",
) -> Waited[T]:
    """Ask for `for_s` seconds; met when `accept` liked every answer, the last one at the end.

    Ends at once with the answer that it did not like. A question that could not be asked makes
    the outcome not met, with `error` set.
    """
    watch = _Watch(probe, describe, for_s, what)
    with _shown(watch):
        broken = _retry(lambda: watch.ask(accept), stop_on=False, for_s=for_s, every_s=every_s)
        if not broken:
            pause(for_s - watch.elapsed)
            broken = not watch.ask(accept)
    return watch.outcome(met=not broken)


def pause(seconds: float, what: str = "") -> None:
    """Let `seconds` pass: for the pacing of our own traffic, never to hope that it is enough."""
    with _shown(_Watch(lambda: None, _short, seconds, what)):
        if seconds > 0:
            threading.Event().wait(seconds)
