"""The process in which twins run: what goes wrong there is told here, and nothing of it stays."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from smokestack.wait import until
from tests.mutations import lanes
from tests.mutations.lanes import Turns, begun
from tests.mutations.mutation import Mutation
from tests.mutations.project import Outcome
from tests.mutations.runs import in_doubt
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


def taking(turns: Turns) -> tuple[threading.Thread, list[tuple[str, int] | None]]:
    """A lane that takes a turn as soon as it may, and what it took."""
    taken: list[tuple[str, int] | None] = []
    waiting = threading.Thread(target=lambda: taken.append(turns.take()))
    waiting.start()
    return waiting, taken


def test_who_must_be_alone_waits_for_the_others() -> None:
    """And is last, whatever the order; nothing begins beside it."""
    turns = Turns(["metrics-cost-two-milliseconds", "another-version"])
    assert turns.take() == ("another-version", 1)
    waiting, taken = taking(turns)
    waiting.join(0.2)
    assert waiting.is_alive()
    turns.done("another-version")
    waiting.join(10)
    assert taken == [("metrics-cost-two-milliseconds", 1)]
    turns.end()
    assert turns.take() is None


def test_what_is_in_doubt_is_made_again_when_all_else_is_over() -> None:
    """Before what is left, and the last time alone."""
    turns = Turns(["one", "two", "three"])
    assert turns.take() == ("one", 1)
    turns.done("one", again=True)
    assert turns.take() == ("two", 1)
    turns.done("two")
    turns.all_else_is_over()
    assert turns.take() == ("one", 2)
    assert turns.take() == ("three", 1)
    turns.done("one", again=True)
    waiting, taken = taking(turns)
    waiting.join(0.2)
    assert waiting.is_alive()
    turns.done("three")
    waiting.join(10)
    assert taken == [("one", 3)]
    turns.done("one")
    assert turns.take() is None


def test_what_may_come_again_is_waited_for() -> None:
    """A lane with nothing to do takes what another one was in doubt of."""
    turns = Turns(["one"])
    turns.all_else_is_over()
    assert turns.take() == ("one", 1)
    waiting, taken = taking(turns)
    turns.done("one", again=True)
    waiting.join(10)
    assert taken == [("one", 2)]


CALM = Outcome(1, {"alerts.fires": "missed"}, {"alerts.fires": "it is inactive"}, "", 1.0, busy=0.6)


def test_only_what_the_machine_may_be_to_blame_for_is_in_doubt() -> None:
    """As expected, nothing is; else where there was little time for it, or a check does not know.
    One that is wrong on a calm machine is wrong.
    """
    wanted = Mutation("m", "alerts.fires", (), ("it is inactive",), suites=("alerts",))
    assert not in_doubt(wanted, replace(CALM, busy=1.0))
    assert not in_doubt(wanted, replace(CALM, verdicts={"alerts.fires": "met"}))
    other = replace(CALM, said={"alerts.fires": "something else"})
    assert not in_doubt(wanted, other)
    assert in_doubt(wanted, replace(other, busy=0.95))
    assert in_doubt(wanted, replace(other, stolen=0.1))
    assert in_doubt(wanted, replace(CALM, verdicts={"alerts.fires": "unmeasured"}))
    assert in_doubt(wanted, replace(CALM, said={"alerts.fires": "timing cannot be told: why"}))
