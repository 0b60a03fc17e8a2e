"""Loopback ports that nobody else holds, also not another smokestack that starts right now.

Ports come from below the range that the kernel hands out for outgoing connections (Linux:
32768 and up), so no connection of ours can take one between choosing and listening. Each chosen
port is held by a lock on one byte of a file beside the run folders until `release`, so two runs
side by side never choose the same; the kernel drops the locks of a dead process.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import socket
import threading

import psutil

from smokestack.errors import StackError, UsageError
from smokestack.stack import run_directory

FIRST, LAST = 20_000, 32_700
ATTEMPTS = 2000
"""How many ports are tried before we say that there is none."""
LOOPBACK = "127.0.0.1"

_guard = threading.Lock()
_taken: set[int] = set()
_descriptor: int | None = None


def _lock_file() -> int:
    """The one descriptor of the lock file; POSIX locks go when any of a process' is closed."""
    global _descriptor  # noqa: PLW0603 - a lock of the process, as the kernel sees it
    if _descriptor is None:
        path = run_directory.home().parent / "ports.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(
                f"the folder {path.parent} cannot be written: {error.strerror}",
                hint="set TMPDIR to a folder that can",
            ) from error
    return _descriptor


class Ports:
    """The ports of one stack."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def take(self) -> int:
        """A port that is free now and ours from now on. Raises StackError if there is none."""
        for port in random.sample(range(FIRST, LAST), min(ATTEMPTS, LAST - FIRST)):
            if not self._lock(port):
                continue
            if is_free(port):
                return port
            self._unlock(port)
        raise StackError(
            f"no free port between {FIRST} and {LAST} on {LOOPBACK}",
            hint="end what holds them (`ss -ltnp` lists it) and run again",
        )

    def _lock(self, port: int) -> bool:
        with _guard:
            if port in _taken:
                return False
            try:
                fcntl.lockf(_lock_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EAGAIN):
                    return False
                raise
            _taken.add(port)
            self._held.add(port)
            return True

    def _unlock(self, port: int) -> None:
        with _guard:
            fcntl.lockf(_lock_file(), fcntl.LOCK_UN, 1, port)
            _taken.discard(port)
            self._held.discard(port)

    def release(self) -> None:
        """Give all ports back."""
        for port in list(self._held):
            self._unlock(port)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now, by TCP and by UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:  # a server of before may still linger in TIME_WAIT
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return False
    return True


def holder(port: int) -> str:
    """Who listens on a port, as far as this user may know."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections(kind="inet"):
            listening = connection.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)
            if not connection.laddr or not listening:
                continue
            if connection.laddr.port == port and connection.pid:
                return f"pid {connection.pid} ({psutil.Process(connection.pid).name()})"
    return "a process that this user cannot see"
