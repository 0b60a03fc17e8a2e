"""One run of a scenario, from the gate to the ledger's closing line; shared by all its users.

Users ask `next_request` and get a request when it is due, or None when they should leave. A
watching greenlet reads the control file, opens the gate and ends the course.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dialects import dialect
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.lock import BoundedSemaphore  # type: ignore[import-untyped]

from smokestack.errors import LoadError
from smokestack.load import control, generator
from smokestack.load.ledger_file import LedgerWriter
from smokestack.load.schedule import Plan, Planned, Slots
from smokestack.load.settings import Settings
from smokestack.pressure import Generator

WATCH_S = 0.015
"""Seconds between two looks at the control file."""

EXHAUSTED = "all requests were sent"


@dataclass(frozen=True)
class Due:
    """A request whose time has come. `intended_at` is None when it is: now."""

    n: int
    planned: Planned
    intended_at: float | None


class Course:
    """Hands out the plan's requests in order, and knows when the last answer is in."""

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self.settings = settings
        shape, self.total = plan.shaped(settings.rate, settings.total, settings.seconds)
        self.ledger = LedgerWriter(settings.ledger, load=settings.load)
        self.users = settings.users or plan.users
        self._mix = plan.mix()
        self._said_as = dialect(settings.system)
        rate, leave = settings.rate or plan.rate, settings.leave
        most = leave.rate if leave else None
        self._slots = Slots(total=self.total, rate=rate, shape=shape, most=most)
        if leave and not leave.errors:
            self._mix.error_ratio = 0.0
        self._gate = Event()
        self._flows = Event()  # unless its rate is 0
        self._flows.set()
        self._turn = BoundedSemaphore(1)
        self._idle = Event()
        self._cut = Event()  # ended early: what was not sent yet stays unsent
        self._n = 0
        self._busy = 0
        self.reason: str | None = None
        self.failed = False
        self.leaving = False  # Locust quits already: it must not be told again meanwhile
        self._said: str | None = None
        self._ends_at = 0.0
        self._wall = 0.0
        self._opened = (0.0, 0.0)  # by the clock, and in CPU time of this process

    def next_request(self) -> Due | None:
        """Wait until a request is due; None means that there is none left.

        The n-th request is drawn when its time has come, so that phases cut sharply.
        """
        self._gate.wait()
        # One user waits for a slot at a time, so that no slot was reserved at a rate of before.
        with self._turn:
            self._flows.wait()
            slot = None if self.reason else self._slots.reserve(time.perf_counter())
            if slot is None:
                self.end(EXHAUSTED)
                return None
            self._busy += 1
            self._sleep_until(slot)
        if self._cut.is_set():
            self.done()
            return None
        self._n += 1
        planned = self._said_as(next(self._mix))
        return Due(self._n, planned, slot + self._wall if self._slots.rate else None)

    def _sleep_until(self, slot: float) -> None:
        while (left := slot - time.perf_counter()) > 0 and not self._cut.wait(left):
            pass

    def done(self) -> None:
        """A user has its answer, or sends nothing after all."""
        self._busy -= 1
        self._settle()

    def end(self, reason: str) -> None:
        """Hand out nothing more. What is in flight goes on to its answer."""
        self.reason = self.reason or reason
        if self.reason != EXHAUSTED:
            self._cut.set()
        self._gate.set()
        self._flows.set()
        self._settle()

    def _settle(self) -> None:
        if self.reason is not None and self._busy == 0:
            self._idle.set()

    def watch(self, leave: Callable[[], None]) -> None:
        """Follow the control file until the last answer is in; then close the ledger and leave."""
        flush_at = 0.0
        while not self._idle.wait(WATCH_S):
            self._obey()
            now = time.perf_counter()
            if self._gate.is_set() and now > self._ends_at:
                self.end(f"its {self.settings.max_seconds:g} s were over")
            if now > flush_at:
                flush_at = now + 0.1
                self.ledger.flush()
        self.close()
        leave()

    def _obey(self) -> None:
        text = control.read_text(self.settings.control)
        if text == self._said and self._gate.is_set():
            return
        self._said = text
        try:
            self._apply(control.parse(text) if text is not None else control.Control())
        except (LoadError, ValueError) as error:
            self.failed = True
            self.end(str(error))

    def _apply(self, said: control.Control) -> None:
        if said.error_ratio is not None:
            self._mix.error_ratio = said.error_ratio
        if said.latency_s is not None:
            self._mix.latency_s = said.latency_s
        if said.rate is not None:
            self._set_rate(said.rate)
        if said.phase == control.STOP:
            self.end(control.TOLD)
        elif said.phase != control.WAIT and not self._gate.is_set():
            self._wall = time.time() - time.perf_counter()
            self._ends_at = time.perf_counter() + self.settings.max_seconds
            self._opened = time.perf_counter(), time.process_time()
            self._gate.set()

    def _set_rate(self, rate: float) -> None:
        self._slots.change(rate)
        if self._slots.paused and not self.reason:
            self._flows.clear()
        else:
            self._flows.set()

    def close(self) -> None:
        """Say what sending cost, and close the ledger, once."""
        if self.ledger.is_open:
            generator.write(self.settings.generator, self._cost())
        self.ledger.close(asked=self.total, reason=self.reason or "Locust was stopped")

    def _cost(self) -> Generator:
        at, cpu = self._opened
        return Generator(
            self.total,
            self.ledger.requests,
            self.users,
            time.process_time() - cpu,
            time.perf_counter() - at,
        )
