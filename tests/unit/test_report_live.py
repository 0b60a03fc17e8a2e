"""What a run is at stands below what pytest writes, and leaves it as it is."""

from __future__ import annotations

import io

import pyte
import pytest
from _pytest._io import TerminalWriter

from smokestack.report.live import Live, line, wait_of
from smokestack.wait import UnderWay

EVENTS = UnderWay("events in Loki", 3.1, 9.5, "180 of 250 events")
COLUMNS, ROWS = 60, 6


class Terminal(io.StringIO):
    """A terminal of 60 by 6 that shows what is written to it."""

    encoding = "utf-8"

    def __init__(self, *, is_one: bool = True) -> None:
        super().__init__()
        self._is_one = is_one
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.screen.set_mode(
            pyte.modes.LNM
        )  # as a terminal's driver: a new line begins at its left
        self._stream = pyte.Stream(self.screen)

    def write(self, text: str) -> int:
        """Show it."""
        self._stream.feed(text)
        return super().write(text)

    def isatty(self) -> bool:
        """Or a log, whose reader shows colours."""
        return self._is_one

    def close(self) -> None:
        """It goes on to be looked at."""

    @property
    def lines(self) -> list[str]:
        """Its lines, from the first to the last that is not empty."""
        return "\n".join(one.rstrip() for one in self.screen.display).rstrip().split("\n")


class Shown:
    """A live display with everything around it. `waits` are under way, `now` is the time."""

    def __init__(self, *waits: UnderWay, markup: bool = True, terminal: bool = True) -> None:
        self.terminal = Terminal(is_one=terminal)
        self.writer = TerminalWriter(self.terminal)
        self.writer.hasmarkup = markup
        self.writer.fullwidth = COLUMNS
        self.waits = list(waits)
        self.now = 100.0
        self.live = Live(self.writer, self.terminal, lambda: self.waits, lambda: self.now)
        self.live.at = "logs.count"


def test_the_line_says_how_long_which_check_and_what_for() -> None:
    """Three waits at most are named."""
    assert line(12.3, "logs.count", [EVENTS]) == (
        " 12 s  logs.count  events in Loki, 180 of 250 events (3 of at most 10 s)"
    )
    assert line(1, "a.b", []) == "  1 s  a.b"
    many = [UnderWay(f"s{number} to be ready", 1, 60, None) for number in range(9)]
    assert line(1, "a.b", many).endswith("s2 to be ready (1 of at most 60 s); and 6 more")


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ("False", "x (1 of at most 2 s)"),
        ("could not ask: GET http://there: refused", "x, no answer yet (1 of at most 2 s)"),
        ("two\nlines\x1b[31m", "x, two\nlines\x1b[31m (1 of at most 2 s)"),
    ],
)
def test_what_was_seen_last_is_told_where_it_says_something(seen: str, shown: str) -> None:
    """An address is for the report."""
    assert wait_of(UnderWay("x", 1, 2, seen)) == shown


def test_what_servers_say_cannot_move_the_cursor() -> None:
    """One line, with control characters spelled out."""
    shown = line(1, "a.b", [UnderWay("x", 1, 2, "two\nlines\x1b[31m")])
    assert shown == "  1 s  a.b  x, two lines\\x1b[31m (1 of at most 2 s)"


def test_it_stands_below_and_goes_before_anything_else_is_written() -> None:
    """What pytest writes stands where it would stand without it."""
    shown = Shown(EVENTS)
    shown.live.begin()
    shown.writer.write("suites/test_logs.py .")
    shown.live.look()
    assert shown.terminal.lines[0] == "suites/test_logs.py ."
    assert shown.terminal.lines[1].strip().startswith("0 s  logs.count  events in Loki, 180 of")
    assert shown.terminal.lines[1].endswith("…")
    shown.writer.write(".")
    assert shown.terminal.lines == ["suites/test_logs.py .."]
    shown.live.look()
    shown.writer.line("F")
    shown.live.look()
    shown.live.end()
    shown.writer.write("next")
    assert shown.terminal.lines == ["suites/test_logs.py ..F", "next"]


def test_at_the_last_line_of_a_terminal_it_scrolls() -> None:
    """And nothing is lost or overwritten."""
    shown = Shown(EVENTS)
    shown.live.begin()
    for number in range(ROWS):
        shown.writer.line(f"line {number}")
    shown.writer.write("suites/test_logs.py .")
    shown.live.look()
    shown.live.look()
    shown.writer.write("." * 3)
    shown.live.end()
    assert shown.terminal.lines[-2:] == ["line 5", "suites/test_logs.py ...."]


@pytest.mark.parametrize(("markup", "terminal"), [(False, True), (True, False), (False, False)])
def test_where_nothing_may_be_drawn_only_what_takes_long_is_told(
    *, markup: bool, terminal: bool
) -> None:
    """A line for each ten seconds of one wait; also in a log into which colours are forced."""
    shown = Shown(markup=markup, terminal=terminal)
    for took in (3, 9, 11, 12, 19, 22, 4, 10):
        shown.waits = [UnderWay("events in Loki", took, 60, f"{took} of 250 events")]
        shown.live.look()
    assert shown.terminal.getvalue().splitlines() == [
        "smokestack: awaiting events in Loki, 11 of 250 events (11 of at most 60 s)",
        "smokestack: awaiting events in Loki, 22 of 250 events (22 of at most 60 s)",
        "smokestack: awaiting events in Loki, 10 of 250 events (10 of at most 60 s)",
    ]


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    """It may be closed while a run goes on."""
    shown = Shown(EVENTS)
    shown.live.begin()
    io.StringIO.close(shown.terminal)
    shown.live.look()
    shown.live.end()
