"""What the data of containers takes on disk: the volumes that each may write to.

An engine reads every file of every volume to tell, those of others too. So it is asked now and
then, and one that takes long or does not tell is not asked again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from smokestack.errors import StackError
from smokestack.stack.engine import Engine

EVERY_S = 5.0
"""Seconds between two questions."""

LONGEST_S = 2.0
"""One that took longer was too much to ask beside everything else."""


class Disk:
    """Asks an engine what volumes hold."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._next = 0.0

    def held(self, containers: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
        """Bytes by role, for the containers as the engine lists them; empty between questions."""
        began = time.monotonic()
        if began < self._next:
            return {}
        try:
            sizes = self._engine.volumes()
        except StackError:
            sizes = {}
        took = time.monotonic() - began
        self._next = began + EVERY_S if sizes and took <= LONGEST_S else float("inf")
        named = {role: _written(one) & sizes.keys() for role, one in containers.items()}
        return {role: sum(sizes[name] for name in of) for role, of in named.items() if of}


def _written(container: Mapping[str, Any]) -> set[str]:
    """The volumes that a container may write to."""
    mounts = container.get("Mounts") or []
    return {one["Name"] for one in mounts if one.get("Type") == "volume" and one.get("RW")}
