"""Runs a program of an image inside a container that runs already."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

from smokestack.processes import Ran
from smokestack.stack.engine import Engine

PLACE = "smokestack-tool"
"""The folder of a container, below its root, that the files go to; it goes with the container."""


def run_in_container(engine: Engine, container: str, argv: Sequence[str], folder: Path) -> Ran:
    """Run it in a copy of a folder. Raises StackError where the engine cannot."""
    place = f"{PLACE}/{folder.name}"
    engine.put(container, "/", _archive(folder, place))
    return engine.run(container, argv, f"/{place}")


def _archive(folder: Path, place: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.add(folder, place)
    return held.getvalue()
