"""Shows how far an installation is: bars on a terminal, plain lines anywhere else."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from smokestack.stack.build_state import OVER, Board, Phase, State

PLAIN_EVERY_S = 15.0
"""Seconds between two lines of the plain display."""


class Display(Protocol):
    """What shows a board: entered once, told to look at it again and again, left at the end."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show the last state and stop."""

    def look(self) -> None:
        """Show the board as it is now."""


def display_for(board: Board, console: Console) -> Display:
    """Bars if the console is a terminal, else lines."""
    return _Bars(board, console) if console.is_terminal else _Lines(board, console)


def span(seconds: float) -> str:
    """A number of seconds as people say it: `40 s`, `3 min 20 s`."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{whole} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _left(board: Board) -> str:
    nearest = max(10, round(board.remaining_s() / 10) * 10)
    return f"about {span(nearest)} left"


def _counted(state: State) -> str:
    return f"{min(state.compiled, state.total)}/{state.total} packages" if state.total else ""


class _Lines:
    """A line when a server begins or ends, and one for all every PLAIN_EVERY_S."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._console = console
        self._phases: dict[str, Phase] = {}
        self._said_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.look()

    def look(self) -> None:
        for state in self._board.states():
            if self._phases.get(state.name, Phase.QUEUED) is not state.phase:
                self._phases[state.name] = state.phase
                self._say_phase(state)
        if self._board.elapsed_s - self._said_at >= PLAIN_EVERY_S:
            self._said_at = self._board.elapsed_s
            self._say_all()

    def _say_phase(self, state: State) -> None:
        if state.phase in (Phase.FETCHED, Phase.LINKING):
            return
        took = (
            f" after {span(state.elapsed_s)}" if state.phase in (Phase.DONE, Phase.FAILED) else ""
        )
        total = f" ({state.total} packages)" if state.phase is Phase.COMPILING else ""
        self._say(f"{state.name}: {state.phase}{total}{took}")

    def _say_all(self) -> None:
        busy = [
            f"{state.name} {state.phase} {_counted(state)}".rstrip()
            for state in self._board.states()
            if state.phase not in (*OVER, Phase.QUEUED)
        ]
        done, work = self._board.progress()
        share = f"{done / work:.0%}" if work else "100%"
        elapsed = span(self._board.elapsed_s)
        self._say(f"{share} after {elapsed}, {_left(self._board)}: {'; '.join(busy)}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class _Bars:
    """A bar for each server and one for all."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
        )
        self._all = self._progress.add_task("[bold]all", total=1.0, note="")
        self._tasks: dict[str, TaskID] = {
            state.name: self._progress.add_task(state.name, total=1.0, note="")
            for state in board.states()
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.look()
        self._progress.stop()

    def look(self) -> None:
        for state in self._board.states():
            note = f"{state.phase}  {_counted(state)}  {span(state.elapsed_s)}"
            self._progress.update(self._tasks[state.name], completed=state.share, note=note)
        done, work = self._board.progress()
        left = _left(self._board) if done < work else "done"
        note = f"{span(self._board.elapsed_s)}, {left}"
        self._progress.update(self._all, completed=done / work if work else 1.0, note=note)
