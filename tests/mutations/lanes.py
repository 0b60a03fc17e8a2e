"""The runs of twins in a process of their own: one beside the other tests, two after those.

A run takes a core while it starts and waits a lot afterwards, as do the tests of real stacks: so
one run beside these is as much at once as two runs are. What tests do to their own process (its
environment, umask, folder for temporary files, signals) is nothing to the runs.

`python -m tests.mutations.lanes <lanes> <folder> <name>...` is that process. It writes the outcome
of each name to `<folder>/<name>/outcome.json`, a line on stdin adds a lane, and the end of stdin
ends it and what it runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

import psutil

from smokestack.wait import until
from tests.mutations.project import ATTEMPTS, ROOT, TIMEOUT_S, Outcome, clean_environment

AT_ONCE = int(os.environ.get("MUTATIONS_AT_ONCE", "2"))
OUTCOME = "outcome.json"
LOG = "lanes.log"
ENDS_S = 60.0
"""A run that is told to end takes a few seconds for that."""


class Outcomes:
    """What comes of the runs that were begun: by name, once it is there."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._lanes = AT_ONCE - 1

    def of(self, name: str) -> Outcome:
        """Wait for one. Who waits has nothing else to do: all lanes are open from now on."""
        while self._lanes < AT_ONCE:
            self._lanes += 1
            self._add_a_lane()
        file = self._folder / name / OUTCOME
        until(
            lambda: file.is_file() or self._process.poll() is not None,
            within_s=ATTEMPTS * TIMEOUT_S,
        )
        assert file.is_file(), f"nobody runs {name}: {(self._folder / LOG).read_text('utf-8')}"
        found = json.loads(file.read_text(encoding="utf-8"))
        assert "broke" not in found, found["broke"]
        return Outcome(**found)

    def _add_a_lane(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it died, and `of` tells so
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()


@contextmanager
def begun(names: Sequence[str], folder: Path) -> Iterator[Outcomes]:
    """Begin runs, in this order; what still runs in the end is ended."""
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutations.lanes", str(AT_ONCE - 1), str(folder), *names],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    try:
        yield Outcomes(process, folder)
    finally:
        process.communicate()  # closes its stdin


def run_all(lanes: int, folder: Path, names: Sequence[str], orders: IO[str]) -> None:
    """Run everything, in as many lanes as are open."""
    turns = Turns(names)

    def lane() -> None:
        while (turn := turns.take()) is not None:
            again = _run(*turn, folder)
            turns.done(turn[0], again=again)

    def opened() -> threading.Thread:
        thread = threading.Thread(target=lane)
        thread.start()
        return thread

    running = [opened() for _ in range(lanes)]
    for _ in orders:
        turns.all_else_is_over()
        running.append(opened())
    turns.end()
    _end(running)


class Turns:
    """Which run is next: in their order, and those that must be alone when all others are done.

    One that is in doubt is made again as soon as the other tests are over, and once more alone.
    """

    def __init__(self, names: Sequence[str]) -> None:
        # Only here, and where they are run, all mutations are needed.
        from tests.mutations.catalogue import BY_NAME  # noqa: PLC0415

        self._alone = {name for name in names if name in BY_NAME and BY_NAME[name].alone}
        self._left = sorted(names, key=lambda name: name in self._alone)
        self._again: list[str] = []
        self._attempts: Counter[str] = Counter()
        self._undisturbed = False
        self._ended = False
        self._at_work: set[str] = set()
        self._changed = threading.Condition()

    def take(self) -> tuple[str, int] | None:
        """The next one, as soon as it may begin, and which attempt it is; None where none is
        left, nor can come again.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._over() or self._may_begin())
            if self._over():
                return None
            self._at_work.add(name := self._queue().pop(0))
            self._attempts[name] += 1
            self._changed.notify_all()
            return name, self._attempts[name]

    def _over(self) -> bool:
        return self._ended or not (self._left or self._again or self._at_work)

    def _queue(self) -> list[str]:
        return self._again if self._again and self._undisturbed else self._left

    def _may_begin(self) -> bool:
        queue = self._queue()
        return bool(queue) and not (self._at_work and {queue[0], *self._at_work} & self._alone)

    def done(self, name: str, *, again: bool = False) -> None:
        """It is over, or must be made again."""
        with self._changed:
            self._at_work.discard(name)
            if again:
                self._again.append(name)
                if self._attempts[name] + 1 == ATTEMPTS:
                    self._alone.add(name)
            self._changed.notify_all()

    def all_else_is_over(self) -> None:
        """Nothing else runs on this machine from now on."""
        with self._changed:
            self._undisturbed = True
            self._changed.notify_all()

    def end(self) -> None:
        """Begin nothing more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _end(running: Sequence[threading.Thread]) -> None:
    """End what still runs. Each is told once: told again, it would break off its own clean end."""
    told: set[int] = set()

    def over() -> bool:
        for child in psutil.Process().children():
            if child.pid not in told:
                told.add(child.pid)
                child.terminate()
        return not any(thread.is_alive() for thread in running)

    until(over, within_s=ENDS_S)


def _run(name: str, attempt: int, folder: Path) -> bool:
    """Run one, and write its outcome at once and whole; nothing is written, and the answer is
    yes, where it must be run again.
    """
    from tests.mutations.catalogue import BY_NAME  # noqa: PLC0415
    from tests.mutations.runs import in_doubt, mutate  # noqa: PLC0415

    try:
        outcome = mutate(BY_NAME[name], folder / name)
        if attempt < ATTEMPTS and in_doubt(BY_NAME[name], outcome):
            return True
        found = asdict(replace(outcome, attempt=attempt))
    except Exception:  # noqa: BLE001 - whatever it is, it is told to who waits for it
        found = {"broke": traceback.format_exc()}
    file = folder / name / OUTCOME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_suffix(".tmp").write_text(json.dumps(found), encoding="utf-8")
    file.with_suffix(".tmp").rename(file)
    return False


if __name__ == "__main__":
    # Ctrl-C reaches the runs too, and the tests that wait for them, which then end stdin.
    signal.signal(signal.SIGINT, lambda *_: None)
    run_all(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:], sys.stdin)
