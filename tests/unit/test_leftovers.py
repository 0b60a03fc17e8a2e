"""What a killed run left in the engine is found by its labels, and only that is removed."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import cast

import pytest

from smokestack.stack import leftovers, run_directory
from smokestack.stack.engine import Engine


class FakeEngine:
    """Knows the labels of what it has; removes nothing for real."""

    def __init__(self, *having: dict[str, str]) -> None:
        self.having = having
        self.removed: list[str] = []

    def labelled(self, **labels: str | None) -> list[dict[str, str]]:
        """Those with all of these labels."""
        wanted = {f"dev.smokestack.{name}": value for name, value in labels.items()}
        return [
            one
            for one in self.having
            if all(key in one and value in (None, one[key]) for key, value in wanted.items())
        ]

    def remove_all(self, **labels: str | None) -> list[str]:
        """Remember which run it was."""
        self.removed += [str(labels["run"])]
        return [f"container of {labels['run']}"]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run folders of the test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def reap(*having: dict[str, str]) -> tuple[list[str], list[str]]:
    """The runs whose things were removed, and what is said of it."""
    engine = FakeEngine(*having)
    said = leftovers.reap(cast("Engine", engine))
    return engine.removed, said


def test_labels_say_whose_it_is(tmp_path: Path) -> None:
    """The run, and the machine and folder in which its lock is."""
    labels = leftovers.labels("a-run")
    assert labels["dev.smokestack.run"] == "a-run"
    machine, _, folder = labels["dev.smokestack.home"].partition(":")
    assert machine == socket.gethostname()
    assert Path(folder).is_relative_to(tmp_path)


def test_dead_runs_are_removed() -> None:
    """Whether their folder is still there or was swept by somebody else; each once."""
    left = run_directory.create("folder-left")
    os.close(left.lock)
    names = ("folder-left", "folder-gone", "folder-gone")
    removed, said = reap(*(leftovers.labels(name) for name in names))
    assert removed == ["folder-gone", "folder-left"]
    assert said == ["container of folder-gone", "container of folder-left"]


def test_a_run_that_is_alive_is_left_alone() -> None:
    """Its lock is held."""
    alive = run_directory.create("alive")
    assert reap(leftovers.labels("alive")) == ([], [])
    alive.remove()
    assert reap(leftovers.labels("alive"))[0] == ["alive"]


def test_what_others_made_is_left_alone() -> None:
    """Of another machine or user, or without our labels: not ours to judge."""
    theirs = leftovers.labels("theirs") | {"dev.smokestack.home": "elsewhere:/tmp/x/runs"}
    assert reap(theirs, {}, {"com.docker.compose.project": "smokestack"}) == ([], [])
    engine = FakeEngine(theirs, leftovers.labels("mine"))
    assert leftovers.of_others(cast("Engine", engine)) == ["theirs"]
