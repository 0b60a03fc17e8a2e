"""Our end of the supervisor: starts children through it and hears when they end.

Implements `smokestack.processes.Spawner`. Foreign process errors are mapped here.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smokestack.errors import StackError

ANSWER_S = 10.0
"""Seconds in which the supervisor must answer; it does nothing that takes long."""

SCRIPT = Path(__file__).with_name("supervisor.py")


@dataclass
class SupervisedChild:
    """A child process under the supervisor. `ended` is set once its exit code is known."""

    name: str
    log: Path
    argv: tuple[str, ...]
    supervisor: Supervisor
    pid: int = 0
    error: str | None = None
    code: int | None = None
    answered: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def exit_code(self) -> int | None:
        """None while it runs; a negative number is a signal."""
        return self.code if self.ended.is_set() else None

    def stop(self, *, within_s: float) -> None:
        """Ask it to end, kill its process group after `within_s` seconds; returns when gone."""
        if not self.ended.is_set():
            self.supervisor.tell(do="stop", id=self.name, within_s=within_s)
            self.ended.wait(within_s + ANSWER_S)

    def last_lines(self, count: int = 15) -> str:
        """The end of its output."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])


class Supervisor:
    """Starts the supervisor process. `keep_open` is a locked file that must stay locked with it."""

    def __init__(self, log: Path, *, keep_open: int | None = None) -> None:
        self._children: dict[str, SupervisedChild] = {}
        self._write = threading.Lock()
        self._detached = threading.Event()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                pass_fds=() if keep_open is None else (keep_open,),
            )
        self._listener = threading.Thread(target=self._listen, daemon=True, name="supervisor")
        self._listener.start()

    @property
    def pid(self) -> int:
        """The supervisor's own process id."""
        return self._process.pid

    @property
    def children(self) -> tuple[SupervisedChild, ...]:
        """Everything that was started, running or ended."""
        return tuple(self._children.values())

    def spawn(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        ends_on: signal.Signals = signal.SIGTERM,
    ) -> SupervisedChild:
        """Start a child, which `ends_on` asks to end. Raises StackError when it cannot be started
        at all.
        """
        if name in self._children and not self._children[name].ended.is_set():
            raise StackError(f"a process named {name} runs already")
        child = SupervisedChild(name, log, tuple(argv), self)
        self._children[name] = child
        self.tell(
            do="spawn",
            id=name,
            argv=list(argv),
            env=dict(env),
            cwd=str(cwd),
            log=str(log),
            ends_on=int(ends_on),
        )
        if not child.answered.wait(ANSWER_S):
            raise StackError(f"the supervisor did not start {name} within {ANSWER_S:.0f} s")
        if child.error:
            raise StackError(f"{name} could not be started: {child.error} ({argv[0]})")
        return child

    def tell(self, **command: object) -> None:
        """Send one command. Raises StackError when the supervisor is gone."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened with a pipe
        try:
            with self._write:
                self._process.stdin.write(json.dumps(command).encode() + b"\n")
                self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise StackError(f"the supervisor of the stack is gone ({error})") from error

    def detach(self) -> None:
        """Let the children outlive us; SIGTERM to the supervisor's pid ends them."""
        self.tell(do="detach")
        self._detached.wait(ANSWER_S)

    def close(self) -> None:
        """End every child (asked, one second, SIGKILL) and the supervisor. Safe to call twice."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened with a pipe
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ANSWER_S)
        self._listener.join(1)

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was opened with a pipe
        for line in self._process.stdout:
            self._hear(json.loads(line))
        for child in self._children.values():  # without its supervisor a child is killed too
            if not child.ended.is_set():
                child.code = -signal.SIGKILL
            child.answered.set()
            child.ended.set()

    def _hear(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "detached":
            self._detached.set()
            return
        child = self._children[event["id"]]
        if event["event"] == "spawned":
            child.pid = event["pid"]
        elif event["event"] == "failed":
            child.error = event["error"]
            child.ended.set()
        elif event["event"] == "exited":
            child.code = event["code"]
            child.ended.set()
        child.answered.set()


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What a server inherits from us: where to find things, nothing that could configure it."""
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
    return {key: os.environ[key] for key in kept if key in os.environ} | dict(extra)
