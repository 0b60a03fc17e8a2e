"""What goes into the environment and the control file comes out at the other end."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.errors import LoadError, UsageError
from smokestack.load import control
from smokestack.load.control import Control
from smokestack.load.settings import Settings, from_environ


def test_settings_survive_the_environment() -> None:
    """What the harness writes is what the scenario reads."""
    said = Settings(
        "run-1",
        "burst",
        Path("/x/l.jsonl"),
        Path("/x/c.json"),
        20,
        2.5,
        3,
        8.0,
        9.0,
        allow_remote=True,
    )
    assert from_environ(said.to_environ(), scenario="steady") == said


def test_figures_left_out_stay_out() -> None:
    """None leaves a figure to the scenario, and `off` keeps no ledger."""
    said = Settings("run-1", "burst", None)
    assert from_environ(said.to_environ(), scenario="steady") == said
    assert said.ready is None


def test_by_hand_there_are_defaults() -> None:
    """Started in a terminal, a scenario writes ./ledger.jsonl under a run id of its own."""
    settings = from_environ({}, scenario="steady")
    assert settings.run_id.startswith("hand-")
    assert (settings.load, settings.ledger) == ("steady", Path("ledger.jsonl"))
    assert settings.max_seconds == 120.0


@pytest.mark.parametrize("text", ["many", "0", "-1"])
def test_a_figure_that_is_none_is_refused(text: str) -> None:
    """The message names the variable and what it said."""
    with pytest.raises(UsageError, match=f"SMOKESTACK_TOTAL must be .* not '{text}'"):
        from_environ({"SMOKESTACK_TOTAL": text}, scenario="steady")


def test_a_control_file_survives(tmp_path: Path) -> None:
    """What is written is read, and nothing is left beside it."""
    path = tmp_path / "control.json"
    control.write(path, Control("burst", error_ratio=0.06))
    assert control.parse(control.read_text(path) or "") == Control("burst", error_ratio=0.06)
    assert list(tmp_path.iterdir()) == [path]


def test_an_absent_control_file_is_none(tmp_path: Path) -> None:
    """By hand there is none."""
    assert control.read_text(tmp_path / "control.json") is None
    assert control.read_text(None) is None


@pytest.mark.parametrize("text", ["", "[]", "7", '{"phase": 3}', '{"colour": "red"}'])
def test_a_broken_control_file_is_said(text: str) -> None:
    """The message shows what the file has."""
    with pytest.raises(LoadError, match="control file"):
        control.parse(text)


@pytest.mark.parametrize("text", ['{"error_ratio": 6}', '{"rate": -1}', '{"rate": "fast"}'])
def test_a_control_file_out_of_range_is_said(text: str) -> None:
    """Six is not 6%."""
    with pytest.raises(LoadError, match="control file"):
        control.parse(text)
