"""The folder a running stack lives in, and the removal of those that a killed run left.

A run holds a file lock in its folder for as long as it, or its supervisor, is alive. A folder
whose lock can be had belongs to nobody any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import UsageError

LOCK = "alive.lock"
HOST_LOGS = "host-logs"
"""The folder in it that is read instead of the host's log files."""


def home() -> Path:
    """Where all run folders of this user are: in the system's folder for temporary files."""
    return Path(tempfile.gettempdir()) / f"smokestack-{os.getuid()}" / "runs"


@dataclass(frozen=True)
class RunDirectory:
    """One run's folder; `lock` is the descriptor of its locked file."""

    path: Path
    lock: int

    def remove(self) -> None:
        """Delete the folder and let the lock go."""
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self.lock)


def create(run_id: str) -> RunDirectory:
    """A new, locked folder for this run. Raises UsageError when it cannot be written."""
    path = home() / run_id
    unborn = home() / f".{run_id}"  # seen by nobody's sweep until it is locked
    try:
        unborn.mkdir(parents=True, mode=0o700)
        descriptor = os.open(unborn / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unborn.rename(path)
    except OSError as error:
        raise UsageError(
            f"the stack's working folder {path} cannot be made: {error.strerror}",
            hint="set TMPDIR to a folder on a disk with room",
        ) from error
    return RunDirectory(path, descriptor)


def make_readable(folder: Path) -> None:
    """Make a folder that users of containers can read, whatever our umask is."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def is_alive(path: Path) -> bool:
    """Whether a run, or the supervisor of a kept stack, still holds the folder."""
    try:
        descriptor = os.open(path / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_dead(path: Path) -> bool:
    if path.name.startswith("."):  # being made right now, unless that was a minute ago
        with contextlib.suppress(FileNotFoundError):  # it has been given its name meanwhile
            return time.time() - path.stat().st_mtime > 60
        return False
    return path.is_dir() and not is_alive(path)


def sweep() -> list[str]:
    """Remove the folders of dead runs; returns their names."""
    if not home().is_dir():
        return []
    dead = [path for path in home().iterdir() if _is_dead(path)]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return sorted(path.name for path in dead)
