"""Shows what a run is at while it goes on: which check, what is awaited, and for how long still.

On a terminal that is one line below pytest's own, drawn anew five times a second and gone before
pytest writes again. Anywhere else it is a line now and then, for what takes its time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any

from rich.cells import cell_len, set_cell_size

from smokestack.report.text import printable
from smokestack.wait import NOT_ASKED, UnderWay, under_way

DRAWN_S = 0.2
PLAIN_S = 10.0
"""A wait is told of in plain lines when it has lasted so long, and again each time it has."""
MOST = 3
"""Waits that are named in one line."""

SAY_NOTHING = ("None", "True", "False", "set()", "{}", "[]", "()")

DIM, PLAIN = "\x1b[2m", "\x1b[0m"
CLEAR_LINE, UP = "\x1b[2K", "\x1b[1A"


class Live:
    """What is under way, beside what pytest writes through `writer`, its TerminalWriter, whose type
    is not public. `out` writes to the same place, whatever pytest captures. `at` is the check that
    is asked now. Between `begin` and `end` nobody else may write there.
    """

    def __init__(
        self,
        writer: Any,
        out: IO[str],
        waits: Callable[[], Sequence[UnderWay]] = under_way,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.at = ""
        self._writer = writer
        self._out = out
        self._terminal = out.isatty()
        self._write = writer.write
        self._waits = waits
        self._clock = clock
        self._began = clock()
        self._drawn = False
        self._told: dict[str, float] = {}
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="live", daemon=True)

    def begin(self) -> None:
        """Show it from now on."""
        self._writer.write = self._written
        self._thread.start()

    def end(self) -> None:
        """Show no more, and leave no trace; again does nothing."""
        if self._over.is_set():
            return
        self._over.set()
        self._thread.join()
        with self._lock:
            self._wipe()
            self._writer.write = self._write
        with suppress(OSError):
            self._out.close()

    def _go_on(self) -> None:
        while not self._over.wait(DRAWN_S):
            with self._lock:
                self.look()

    def look(self) -> None:
        """Show it as it is now. Colours may be forced into a log; the cursor cannot move there."""
        if self._writer.hasmarkup and self._terminal:
            self._draw()
        else:
            self._tell()

    def _written(self, text: str, **more: Any) -> None:
        """In place of the writer's own: what is shown goes before anything else is written."""
        with self._lock:
            self._wipe()
            self._write(text, **{**more, "flush": True})  # else it comes after what is drawn next

    def _draw(self) -> None:
        width = self._writer.fullwidth - 1
        text = line(self._clock() - self._began, self.at, self._waits())
        if cell_len(text) > width:
            text = f"{set_cell_size(text, width - 1)}…"
        self._below(f"{DIM}{text}{PLAIN}")
        self._drawn = True

    def _wipe(self) -> None:
        if self._drawn:
            self._below("")
            self._drawn = False

    def _below(self, text: str) -> None:
        """Write the line below the one that pytest is at, and go back to where that was."""
        column = self._writer.width_of_current_line
        right = f"\x1b[{column}C" if column else ""
        self._say(f"\n{CLEAR_LINE}{text}{UP}\r{right}")

    def _say(self, text: str) -> None:
        """A terminal that is gone is no reason to end a run."""
        with suppress(OSError, ValueError):
            self._out.write(text)
            self._out.flush()

    def _tell(self) -> None:
        for one in self._waits():
            before = self._told.get(one.what, 0.0)
            if one.took_s < before:
                before = 0.0  # another wait for the same
            if one.took_s - before >= PLAIN_S:
                self._told[one.what] = one.took_s
                begun = "\n" if self._writer.width_of_current_line else ""
                self._say(f"{begun}smokestack: awaiting {_clean(wait_of(one))}\n")


def line(elapsed_s: float, at: str, waits: Sequence[UnderWay]) -> str:
    """Such as: 12 s  logs.count  events in Loki, 180 of 250 events (3 of at most 10 s)."""
    named = [wait_of(one) for one in waits[:MOST]]
    if len(waits) > MOST:
        named.append(f"and {len(waits) - MOST} more")
    return "  ".join(filter(None, (f"{elapsed_s:3.0f} s", at, _clean("; ".join(named)))))


def wait_of(one: UnderWay) -> str:
    """What is awaited, what was seen last, and how long it may still take."""
    return f"{one.what}{_seen(one.seen)} ({one.took_s:.0f} of at most {one.allowed_s:.0f} s)"


def _seen(seen: str | None) -> str:
    if seen is None or seen in SAY_NOTHING:
        return ""
    return ", no answer yet" if seen.startswith(NOT_ASKED) else f", {seen}"


def _clean(text: str) -> str:
    return printable(" ".join(text.split()))
