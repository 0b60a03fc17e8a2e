"""A run's folder lives as long as the run; what a dead run left is swept away."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smokestack.errors import UsageError
from smokestack.stack import run_directory

HOLDER = """
import sys
from smokestack.stack import run_directory
made = run_directory.create(sys.argv[1])
(made.path / "data").mkdir()
print(made.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of the test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_create_and_remove(temporary: Path) -> None:
    """A new folder is the user's alone, under one home per user, and alive; then gone."""
    made = run_directory.create("one")
    assert made.path == temporary / f"smokestack-{os.getuid()}" / "runs" / "one"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert run_directory.is_alive(made.path)
    assert run_directory.sweep() == []
    made.remove()
    assert not made.path.exists()
    assert not run_directory.is_alive(made.path)


def test_a_name_that_is_taken() -> None:
    """Two runs of one name cannot be, and the first is left in peace."""
    made = run_directory.create("one")
    (made.path / "data").mkdir()
    with pytest.raises(UsageError, match=r"working folder .*one cannot be made"):
        run_directory.create("one")
    assert (made.path / "data").is_dir()
    made.remove()


def test_no_room_for_it(temporary: Path) -> None:
    """A folder that cannot be made is told with what to set."""
    (temporary / f"smokestack-{os.getuid()}").touch()
    with pytest.raises(UsageError, match="Not a directory") as told:
        run_directory.create("one")
    assert "TMPDIR" in str(told.value.hint)


def test_sweep_without_any_run() -> None:
    """Nothing is there, nothing is made."""
    assert run_directory.sweep() == []
    assert not run_directory.home().exists()


def test_sweep_takes_the_dead_and_leaves_the_living() -> None:
    """A folder is dead once the process that holds it is."""
    mine = run_directory.create("mine")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, "theirs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        assert run_directory.sweep() == []
        process.kill()
        process.wait()
        assert run_directory.sweep() == ["theirs"]
        assert not theirs.exists()
        assert mine.path.is_dir()
    finally:
        process.kill()
        process.wait()
        mine.remove()


def test_sweep_leaves_what_is_being_made() -> None:
    """A folder without its name yet is a minute's grace old before it counts as dead."""
    unborn = run_directory.home() / ".unborn"
    unborn.mkdir(parents=True)
    assert run_directory.sweep() == []
    os.utime(unborn, (0, time.time() - 3600))
    assert run_directory.sweep() == [".unborn"]


def test_sweep_while_another_run_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that gets its name while it is looked at is no reason to fail."""
    home = run_directory.home()
    home.mkdir(parents=True)
    monkeypatch.setattr(Path, "iterdir", lambda path: iter([path / ".renamed", path / "gone"]))
    assert run_directory.sweep() == []


def test_sweep_leaves_stray_files(temporary: Path) -> None:
    """Something that is no folder is not ours."""
    home = run_directory.home()
    home.mkdir(parents=True)
    (home / "stray").touch()
    assert run_directory.sweep() == []
    assert (home / "stray").is_file()
