"""Stacks that were left running (`smokestack up`, `--keep-stack`): list them, end them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from smokestack.errors import StackError
from smokestack.stack import run_directory
from smokestack.stack.engine_connect import connect
from smokestack.wait import until

STATE = "stack.json"
END_S = 5.0
"""Seconds in which a supervisor has ended its servers: it kills after one."""


@dataclass(frozen=True)
class Kept:
    """A stack that runs on its own. `urls` has the address of each server."""

    run_id: str
    system: str
    pace: str
    supervisor: int
    urls: Mapping[str, str]
    backend: str = "native"


def remember(folder: Path, kept: Kept) -> None:
    """Write down what is needed to end the stack again."""
    (folder / STATE).write_text(json.dumps(asdict(kept), indent=1), encoding="utf-8")


def running() -> list[Kept]:
    """All kept stacks of this user that are alive, oldest first."""
    if not run_directory.home().is_dir():
        return []
    found = []
    for folder in sorted(run_directory.home().iterdir()):
        with contextlib.suppress(OSError, ValueError, TypeError):
            if run_directory.is_alive(folder):
                found.append(Kept(**json.loads((folder / STATE).read_text(encoding="utf-8"))))
    return found


def end(kept: Kept) -> None:
    """End a kept stack and remove its folder.

    The supervisor's lock says that the process id is still its own: it is held by it alone.
    Raises StackError when it does not end.
    """
    folder = run_directory.home() / kept.run_id
    if kept.backend == "docker":
        _remove_containers(kept.run_id)
    if run_directory.is_alive(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(kept.supervisor, signal.SIGTERM)
    ended = until(lambda: not run_directory.is_alive(folder), within_s=END_S)
    if not ended.met:
        raise StackError(
            f"the stack {kept.run_id} did not end in {END_S:.0f} s",
            hint=f"look at process {kept.supervisor}",
        )
    shutil.rmtree(folder, ignore_errors=True)


def _remove_containers(run_id: str) -> None:
    engine = connect()
    try:
        engine.remove_all(run=run_id)
    finally:
        engine.close()
