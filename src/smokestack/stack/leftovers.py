"""Containers, networks and volumes that a killed run left in the engine.

Compose projects are not under Testcontainers' own reaper (testcontainers-python, issue 1049), so
each of ours carries the id of its run and the place of its lock, and the next run removes what
belongs to a dead one. What another machine, user or TMPDIR made is not ours to judge.
"""

from __future__ import annotations

import socket

from smokestack.stack import run_directory
from smokestack.stack.engine import LABEL, Engine


def home() -> str:
    """The machine and the folder whose locks say which runs are alive."""
    return f"{socket.gethostname()}:{run_directory.home()}"


def labels(run_id: str) -> dict[str, str]:
    """What everything of one run is labelled with."""
    return {f"{LABEL}.run": run_id, f"{LABEL}.home": home()}


def reap(engine: Engine) -> list[str]:
    """Remove what dead runs left; returns the names of what was removed."""
    return [
        name
        for run_id in _runs(engine)
        if not run_directory.is_alive(run_directory.home() / run_id)
        for name in engine.remove_all(run=run_id)
    ]


def of_others(engine: Engine) -> list[str]:
    """Runs in the engine whose locks this user on this machine cannot see."""
    found = engine.labelled(run=None)
    return sorted({one[f"{LABEL}.run"] for one in found if one.get(f"{LABEL}.home") != home()})


def _runs(engine: Engine) -> list[str]:
    return sorted({labels[f"{LABEL}.run"] for labels in engine.labelled(home=home())})
