"""Runs a program of an image inside a container that runs already, and fetches what is there."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from smokestack.errors import StackError
from smokestack.processes import Ran
from smokestack.stack.engine import Engine

PLACE = "smokestack-tool"
"""The folder of a container, below its root, that the files go to; it goes with the container."""


def run_in_container(engine: Engine, container: str, argv: Sequence[str], folder: Path) -> Ran:
    """Run it in a copy of a folder. Raises StackError where the engine cannot."""
    place = f"{PLACE}/{folder.name}"
    engine.put(container, "/", _archive(folder, place))
    return engine.run(container, argv, f"/{place}")


def fetch_from_container(engine: Engine, container: str, path: str, to: Path) -> None:
    """Copy a folder of a container to a new one here. Raises StackError where it is not there, or
    holds what must not be unpacked here.
    """
    name = PurePosixPath(path).name
    try:
        with tarfile.open(fileobj=io.BytesIO(engine.get(container, path))) as archive:
            members = [one for one in archive.getmembers() if one.name.startswith(f"{name}/")]
            for member in members:
                member.name = member.name.removeprefix(f"{name}/")
            to.mkdir(parents=True)
            archive.extractall(to, members, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise StackError(f"{path} cannot be copied: {error}") from error


def _archive(folder: Path, place: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.add(folder, place)
    return held.getvalue()
