"""What containers hold on disk: by the volumes that they may write to, asked now and then."""

from __future__ import annotations

from typing import Any, cast

import pytest

from smokestack.errors import StackError
from smokestack.stack import container_disk
from smokestack.stack.container_disk import Disk
from smokestack.stack.engine import Engine


class Volumes:
    """An engine that says what volumes hold, or does not."""

    def __init__(self, said: list[dict[str, float] | Exception]) -> None:
        self.said = said

    def volumes(self) -> dict[str, float]:
        """The next that it says."""
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def disk(*said: dict[str, float] | Exception) -> Disk:
    """The disk of an engine that says these, in turn."""
    return Disk(cast("Engine", Volumes(list(said))))


def mount(name: str, *, kind: str = "volume", written: bool = True) -> dict[str, Any]:
    """A mount as an engine lists it."""
    return {"Type": kind, "Name": name, "RW": written}


CONTAINERS = {
    "prometheus": {"Mounts": [mount("data"), mount("more"), mount("conf", kind="bind")]},
    "otel-collector": {"Mounts": [mount("data", written=False), mount("unknown")]},
    "node-exporter": {},
}


def test_only_what_is_written_counts() -> None:
    """What a container may only read is of another; a size that is not told is none."""
    held = disk({"data": 5.0, "more": 7.0, "conf": 9.0}).held(CONTAINERS)
    assert held == {"prometheus": 12.0}


def test_it_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two questions nothing is known; later it is."""
    asked = disk({"data": 5.0}, {"data": 6.0})
    assert asked.held(CONTAINERS)
    assert asked.held(CONTAINERS) == {}
    monkeypatch.setattr(asked, "_next", 0.0)
    assert asked.held(CONTAINERS) == {"prometheus": 6.0}


def test_one_that_cannot_tell_or_takes_long_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it did tell counts."""
    refusing = disk(StackError("no room"))
    assert refusing.held(CONTAINERS) == {}
    assert refusing._next == float("inf")
    monkeypatch.setattr(container_disk, "LONGEST_S", -1.0)
    slow = disk({"data": 5.0})
    assert slow.held(CONTAINERS) == {"prometheus": 5.0}
    assert slow._next == float("inf")
