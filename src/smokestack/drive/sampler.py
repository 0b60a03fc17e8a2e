"""Looks at what the servers use, twice a second, beside everything else: from the moment at which
they are ready until all of the traffic has arrived.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from smokestack.errors import ObservationError, SmokestackError, StackError
from smokestack.usage import Counted, Usage, Used, gathered
from smokestack.wait import pause, until

EVERY_S = 0.5
"""Seconds between two looks; one takes a few milliseconds."""

LONGEST_LOOK_S = 10.0
"""Seconds in which a look must be over."""

LONGEST_S = 3600.0
"""A run that takes longer is sampled no more: its memory would grow with its samples."""

SETTLE_S = 10.0
"""Seconds after which servers that were just started are through with their own beginnings."""

IDLE_S = 30.0
"""Seconds that the servers are let alone at least: what they do now and then weighs less."""


@dataclass(frozen=True)
class Seen:
    """What was seen. `counted` are the servers' own counters, at the first look and the last."""

    used: Mapping[str, Used]
    counted: tuple[Counted, ...] = ()
    error: str = ""


@dataclass
class Sampler:
    """`look` is asked what the servers use, `count` what they have counted. Ends by `end`, or once
    what `ends_with` was given is done.
    """

    look: Callable[[], Mapping[str, Usage]]
    count: Callable[[], Counted]
    source: str
    every_s: float = EVERY_S
    began_at: float = field(default_factory=time.time)
    _moments: list[Mapping[str, Usage]] = field(default_factory=list)
    _counted: list[Counted] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _error: str = ""
    idle: tuple[float, float] | None = None
    """From when to when nobody asked for anything."""

    def begin(self) -> None:
        """Start to look, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
        self._thread.start()

    def stay_idle(self, seconds: float) -> None:
        """Let servers alone for so long, and no less than `IDLE_S`, so that what they use then can
        be told.
        """
        start = self.began_at + SETTLE_S
        pause(start + max(seconds, IDLE_S) - time.time(), "what the servers use while let alone")
        self.idle = (start, time.time())

    def ends_with(self, futures: Sequence[Future[Any]]) -> None:
        """End once all of these are done: until then servers still work on the traffic."""
        left = list(futures)

        def one_less(done: Future[Any]) -> None:
            left.remove(done)
            if not left:
                self._over.set()

        for one in futures:
            one.add_done_callback(one_less)

    def end(self) -> None:
        """Look a last time and stop. Safe to call twice."""
        self._over.set()
        if self._thread:
            self._thread.join(self.every_s + LONGEST_LOOK_S)

    def seen(self) -> Seen:
        """Everything that was seen. Ends it, if it goes on."""
        self.end()
        return Seen(self.so_far(), tuple(self._counted), self._error)

    def so_far(self) -> dict[str, Used]:
        """What each server was seen to use until now."""
        return gathered(tuple(self._moments), self.source)

    def _run(self) -> None:
        try:
            self._counted.append(self.count())
            until(self._sample, within_s=LONGEST_S, every_s=self.every_s)
            self._counted.append(self.count())
        except SmokestackError as error:  # whoever asks for the figures is told
            self._error = error.message

    def _sample(self) -> bool:
        over = self._over.is_set()
        try:
            self._moments.append(self.look())
        except StackError as error:  # an engine that is busy for once is asked again
            if not over:
                raise ObservationError(error.message) from error
        return over
