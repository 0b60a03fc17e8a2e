"""A server once more, in a container beside the first, on a copy of what that one has stored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from smokestack.endpoints import Endpoint
from smokestack.stack.container_watch import SERVICE
from smokestack.stack.engine import Engine
from smokestack.stack.ports import LOOPBACK


@contextlib.contextmanager
def restored(
    engine: Engine,
    container: str,
    name: str,
    volumes: Sequence[str],
    published: tuple[int, int],
    labels: Mapping[str, str],
) -> Iterator[Endpoint]:
    """It runs while this is open: same image, same command, same files of configuration; `volumes`
    are folders of its own, with what the first one has in them. `published` is its port, and ours.
    Raises StackError where it cannot be started.
    """
    given = {**labels, SERVICE: name}
    with engine.like(container, volumes, published, given) as other:
        for folder in volumes:
            parent = str(PurePosixPath(folder).parent)
            engine.put(other, parent, engine.get(container, folder))
        engine.start(other)
        yield Endpoint(name, f"http://{LOOPBACK}:{published[1]}")
