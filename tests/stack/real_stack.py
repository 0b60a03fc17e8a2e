"""Real stacks for the tests of the native backend, in this process or under a pytest of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from smokestack.clients import ready_probe
from smokestack.run import new_run_id
from smokestack.stack import native
from smokestack.stack.native import NativeStack
from smokestack.stack.pace import factor
from smokestack.stack.plan import Plan
from smokestack.wait import Waited, until
from tests.stack.processes import end, living_in

ROOT = Path(__file__).parents[2]

BLOCKING = "#!/bin/sh\necho 'starting, slowly'\nexec sleep 600\n"
"""A server that runs and never listens."""


def plan(keep: Path, **changes: Any) -> Plan:
    """The reference system at pace fast; logs of a failure go to `keep`."""
    return replace(
        Plan(ROOT, "reference", new_run_id(), factor, ("gateway", "backend"), keep), **changes
    )


@contextmanager
def started(wanted: Plan) -> Iterator[NativeStack]:
    """A running stack, ended in any case."""
    with ready_probe() as probe:
        stack = native.start(wanted, probe)
    try:
        yield stack
    finally:
        stack.close()


def program(folder: Path, name: str, text: str) -> Path:
    """A program of the test's own."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return file


@dataclass(frozen=True)
class Session:
    """A `pytest suites/` in a process of its own, with its own folder for temporary files."""

    process: subprocess.Popen[bytes]
    folder: Path
    started: float

    @property
    def said(self) -> str:
        """What it wrote so far."""
        return (self.folder / "output").read_text(encoding="utf-8")

    @property
    def runs(self) -> list[str]:
        """The folders of running stacks that it made, or has yet to remove."""
        home = self.folder / "tmp" / f"smokestack-{os.getuid()}" / "runs"
        return [path.name for path in home.iterdir()] if home.is_dir() else []

    def living(self) -> list[psutil.Process]:
        """Everything that it started and that is alive; itself too."""
        return living_in(self.folder / "tmp")

    def await_words(self, words: str, within_s: float = 60.0) -> None:
        """Wait until it said something. It must not end before."""

        def seen() -> bool:
            return words in self.said or self.process.poll() is not None

        assert until(seen, within_s=within_s).met, self.said
        assert words in self.said, self.said

    def exit_code(self, within_s: float) -> int:
        """Its exit code, once it ended."""
        ended: Waited[int | None] = until(
            self.process.poll, lambda code: code is not None, within_s=within_s
        )
        assert ended.value is not None, self.said
        return ended.value


@contextmanager
def session(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Session]:
    """Start `pytest suites/ -v` with its report in `folder`/reports; nothing of it stays."""
    (folder / "tmp").mkdir(exist_ok=True)
    own = {"TMPDIR": str(folder / "tmp"), "SMOKESTACK_STACK": "native", **(environment or {})}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SMOKESTACK"))}
    command = [sys.executable, "-m", "pytest", "suites/", "-v", "-p", "no:cacheprovider"]
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:  # as under nohup; a child would inherit that and be deaf
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [*command, f"--report-dir={folder / 'reports'}", *arguments],
            cwd=ROOT,
            env=inherited | own,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    signal.signal(signal.SIGINT, before)
    one = Session(process, folder, time.monotonic())
    try:
        yield one
    finally:
        process.kill()
        process.wait()
        until(lambda: not one.living(), within_s=3)
        end(one.living())
