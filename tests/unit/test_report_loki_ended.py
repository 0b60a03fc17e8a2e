"""A real run in which Loki was killed halfway, as its run.json tells: one cause, and first.

`loki_ended.json` is what `pytest suites/` on the reference system wrote; evidence and what was met
are left out.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from smokestack.report import github, html, junit, stored, summary, terminal
from smokestack.report.causes import causes
from smokestack.results import RunResult, Verdict

TOLD = "loki ended while the run went on with exit code -9"


@pytest.fixture(scope="module")
def result() -> RunResult:
    """The run."""
    return stored.read(Path(__file__).with_name("loki_ended.json"))


def test_it_is_one_cause_of_all_that_could_not_be_told(result: RunResult) -> None:
    """38 checks of 11 suites, whether they asked Loki or could not know what it had taken."""
    [cause] = causes(result.checks)
    assert (cause.title, cause.server, cause.told) == ("loki ended", "loki", (TOLD,))
    assert len(cause.checks) == 38
    assert len({check.suite for check in cause.checks}) == 11
    assert cause.verdict is Verdict.UNMEASURED


def test_the_terminal_says_it_once(result: RunResult) -> None:
    """As what is explained, and below the verdict as why."""
    text = io.StringIO()
    terminal.render(result, Console(file=text, width=160), brief=True)
    lines = text.getvalue().splitlines()
    assert lines[1].startswith("unmeasured loki ended: logs.count, logs.identity, ")
    assert [line for line in lines if line.startswith(("unmeasured", "missed"))] == lines[1:2]
    assert lines[-1] == "  loki ended: 38 checks"


def test_files_say_it_first(result: RunResult) -> None:
    """summary.md and the page before all checks, an annotation alone, JUnit with each failure."""
    said = summary.render(result)
    assert said.count(TOLD) == 1
    assert said.index("**loki ended**: 38 checks") < said.index("| suite |")
    page = html.render(result)
    assert page.index("loki ended</bdi>: 38 checks") < page.index('id="suites"')
    [annotation] = github.lines(result)
    assert "title=smokestack%3A loki ended::" in annotation
    assert junit.render(result).count("cause: loki ended, as of 37 other checks") == 38
