"""The process in which twins run: what goes wrong there is told here, and nothing of it stays."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
import pytest

from smokestack.wait import until
from tests.mutations import lanes
from tests.mutations.lanes import Turns, begun
from tests.stack.processes import living_in


def test_what_broke_is_told(tmp_path: Path) -> None:
    """To whoever waits for that run."""
    with (
        begun(["no-such-mutation"], tmp_path) as outcomes,
        pytest.raises(AssertionError, match="KeyError: 'no-such-mutation'"),
    ):
        outcomes.of("no-such-mutation")


def test_what_still_runs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that ends early leaves no run behind, and no server of one."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(lanes, "AT_ONCE", 2)

    def servers() -> list[psutil.Process]:
        return [one for one in living_in(tmp_path) if one.name() in ("prometheus", "loki")]

    with begun(["another-version"], tmp_path):
        assert until(servers, within_s=60).met
    assert not living_in(tmp_path)


def test_who_must_be_alone_waits_for_the_others() -> None:
    """And is last, whatever the order; nothing begins beside it."""
    turns = Turns(["metrics-cost-two-milliseconds", "another-version"])
    assert turns.take() == "another-version"
    taken: list[str | None] = []
    waiting = threading.Thread(target=lambda: taken.append(turns.take()))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    turns.done("another-version")
    waiting.join(10)
    assert taken == ["metrics-cost-two-milliseconds"]
    turns.end()
    assert turns.take() is None
