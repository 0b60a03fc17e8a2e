"""The process between us and the servers: when we go, by whatever means, it ends them all.

Run as a script of its own, with the standard library only. It reads one JSON command a line on
standard input and writes one JSON event a line on standard output. End of input means that the
parent is gone, even by SIGKILL: then every child, and on Linux every orphan of a child, is ended
within `GRACE_S` plus the time a kill takes. On other systems an orphan that left its process
group can survive.

Commands  {"do": "spawn", "id", "argv", "env", "cwd", "log", "ends_on"}   (`ends_on`: a signal)
          {"do": "stop", "id", "within_s"}
          {"do": "detach"}   (from now on end of input ends nothing; SIGTERM still does)
Events    {"event": "spawned", "id", "pid"}   {"event": "failed", "id", "error"}
          {"event": "exited", "id", "code"}   {"event": "detached"}
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

GRACE_S = 1.0
"""Seconds between SIGTERM and SIGKILL when everything ends; two in all are allowed."""

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None) if LINUX else None


def _prctl(option: int, value: int) -> None:
    if _libc is not None:
        _libc.prctl(option, value, 0, 0, 0)


class Supervisor:
    """All children, and the loop that listens to the parent and to their ends."""

    def __init__(self) -> None:
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.kill_at: dict[str, float] = {}
        self.ends_on: dict[str, int] = {}
        self.detached = False
        self.ending = False
        self.wake_r, self.wake_w = os.pipe()
        os.set_blocking(self.wake_w, False)
        os.set_blocking(self.wake_r, False)

    def run(self) -> None:
        """Serve until the parent is gone or says stop; then end every child."""
        signal.set_wakeup_fd(self.wake_w)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(self.wake_r, selectors.EVENT_READ)
            self._serve(selector)
        self._end_all()

    def _on_terminate(self, *_: object) -> None:
        self.ending = True

    def _serve(self, selector: selectors.BaseSelector) -> None:
        buffer = b""
        while not self.ending:
            for key, _ in selector.select(self._next_kill()):
                if key.fd == self.wake_r:
                    self._drain()
                    continue
                chunk = os.read(0, 65536)
                if not chunk and self.detached:
                    selector.unregister(0)
                    continue
                if not chunk:
                    return
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            self._reap()
            self._kill_overdue()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake_r, 4096)

    def _next_kill(self) -> float | None:
        if not self.kill_at:
            return None
        return max(0.0, min(self.kill_at.values()) - time.monotonic())

    def _obey(self, command: dict[str, Any]) -> None:
        if command["do"] == "spawn":
            self._spawn(command)
        elif command["do"] == "detach":
            self.detached = True
            say(event="detached")
        elif command["do"] == "stop" and command["id"] in self.children:
            self._ask_to_end(command["id"])
            self.kill_at[command["id"]] = time.monotonic() + float(command["within_s"])

    def _ask_to_end(self, name: str) -> None:
        signal_group(self.children[name].pid, self.ends_on[name])

    def _spawn(self, command: dict[str, Any]) -> None:
        me = os.getpid()

        def die_with_me() -> None:
            _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != me:
                os._exit(127)

        try:
            with Path(command["log"]).open("ab") as log:
                child = subprocess.Popen(
                    command["argv"],
                    env=command["env"],
                    cwd=command["cwd"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=die_with_me if LINUX else None,  # noqa: PLW1509 - one thread only
                )
        except OSError as error:
            say(event="failed", id=command["id"], error=str(error))
            return
        self.children[command["id"]] = child
        self.ends_on[command["id"]] = int(command["ends_on"])
        say(event="spawned", id=command["id"], pid=child.pid)

    def _reap(self) -> None:
        for name, child in list(self.children.items()):
            code = child.poll()
            if code is not None:
                del self.children[name]
                self.kill_at.pop(name, None)
                signal_group(child.pid, signal.SIGKILL)  # what it left behind in its group
                say(event="exited", id=name, code=code)
        reap_orphans({child.pid for child in self.children.values()})

    def _kill_overdue(self) -> None:
        for name, at in list(self.kill_at.items()):
            if time.monotonic() >= at and name in self.children:
                signal_group(self.children[name].pid, signal.SIGKILL)
                del self.kill_at[name]

    def _end_all(self) -> None:
        for name in self.children:
            self._ask_to_end(name)
        deadline = time.monotonic() + GRACE_S
        while self.children and time.monotonic() < deadline:
            self._await_signal(deadline - time.monotonic())
            self._reap()
        for child in self.children.values():
            signal_group(child.pid, signal.SIGKILL)
        for child in self.children.values():
            child.wait()
        kill_orphans()

    def _await_signal(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.wake_r, selectors.EVENT_READ)
            selector.select(max(0.0, seconds))
        self._drain()


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group that `pid` leads; gone already is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def adopted() -> list[int]:
    """Processes whose parent we are now, on Linux: our children and orphans of theirs."""
    me = os.getpid()
    try:
        children = Path(f"/proc/{me}/task/{me}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(pid) for pid in children.split()]


def reap_orphans(ours: set[int]) -> None:
    """Collect the exit status of adopted processes that ended, so that none stays a zombie."""
    for pid in set(adopted()) - ours:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def kill_orphans() -> None:
    """Kill adopted processes until none is left; each kill can uncover its own children."""
    while pids := adopted():
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in pids:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def say(**event: object) -> None:
    """Tell the parent, if it still listens."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    Supervisor().run()
