"""The guide to a system of one's own, done: its files are made, its commands run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.docs import guide
from tests.docs.guide import STATIC, Wrong

TEXT = guide.read()
WRONG = guide.wrongs(TEXT)
BY_HAND = "grafana."
"""Checks that are met where Grafana is on PATH, and skipped where it is not."""


def apart(checks: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """All checks but those that depend on what this machine has, and those that are skipped."""
    return [one for one in checks if one[0] != "-" and not one[1].startswith(BY_HAND)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which a reader has written what the page says."""
    return guide.make(tmp_path_factory.mktemp("guide") / "project")


def test_the_page_has_what_is_tested_here() -> None:
    """A pattern that no longer finds anything would make every test below pass."""
    assert len(guide.files(TEXT)) == 6
    assert len(WRONG) == 8
    assert TEXT.count("```text") == len(WRONG) + 1
    assert len(guide.checks(guide.outcome(TEXT))) > 35


def test_a_reader_ends_up_green(project: Path) -> None:
    """The run has the checks, the verdicts and the exit code that the page shows."""
    assert "```sh\npytest suites/ --system shop\n```" in TEXT
    done = guide.run(project, STATIC)
    assert done.returncode == 0, done.stdout[-6000:]
    seen, shown = (guide.checks(one) for one in (done.stdout, guide.outcome(TEXT)))
    assert apart(seen) == apart(shown), "python -m tests.docs.guide writes the page anew"


@pytest.mark.parametrize("wrong", WRONG, ids=[one.name for one in WRONG])
def test_what_is_wrong_is_said_as_the_page_says(wrong: Wrong, tmp_path: Path) -> None:
    """With file and line; and nothing is started where that can be told without."""
    copied = guide.make(tmp_path / "project")
    wrong.apply(copied)
    done = guide.run(copied, wrong.command)
    said = guide.said(copied, done)
    for line in wrong.says.splitlines():
        assert line.removesuffix("…") in said, said[-3000:]
    before = wrong.command == STATIC
    assert (done.returncode == 4) is before, said[-3000:]
    assert ("smokestack: starting" in said) is not before


def test_a_profile_that_is_not_there_is_told(project: Path) -> None:
    """With those that are, and where to name one."""
    env = project / "systems" / "shop" / "stack" / ".env"
    text = env.read_text(encoding="utf-8")
    env.write_text(text.replace("COMPOSE_PROFILES=reference\n", ""), encoding="utf-8")
    done: subprocess.CompletedProcess[str] = guide.run(
        project, ["suites/test_targets.py", *STATIC[1:]]
    )
    env.write_text(text, encoding="utf-8")
    assert done.returncode == 4
    assert "compose.yaml has no service for the profile 'shop'" in done.stdout + done.stderr
    assert "COMPOSE_PROFILES" in done.stdout + done.stderr
