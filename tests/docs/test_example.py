"""The README's example runs as it stands, and its report is what reports/README.md says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smokestack.judge.dashboards import PanelSeen, coverage
from smokestack.panels import PanelAnswer, PanelQuery, Tally
from smokestack.report.run_json import as_data
from smokestack.results import (
    Change,
    CheckResult,
    Evidence,
    Finding,
    Incompressible,
    Judgement,
    LeftOut,
    LoadInfo,
    Measurement,
    RunResult,
    ServerInfo,
    StackInfo,
    Standin,
    Timeline,
    Verdict,
)
from tests.docs.pages import ROOT, first_cells, paths_in

EXAMPLE = ROOT / "docs" / "examples" / "test_my_checks.py"
DOCUMENTED = first_cells((ROOT / "reports" / "README.md").read_text(encoding="utf-8"))
FILES = {"run.json", "junit.xml", "stack/"}
RUN_S = 240.0
"""Seconds in which a run of three checks is over on the busiest machine; it takes about ten."""


@dataclass(frozen=True)
class Ran:
    """A finished run of the example."""

    code: int
    output: str
    report: Path

    @property
    def data(self) -> Any:
        """What it wrote."""
        return json.loads((self.report / "latest" / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The example, run as a reader would."""
    report = tmp_path_factory.mktemp("reports")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", EXAMPLE.parent, "--stack=native", "--report-dir", report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_S,
    )
    return Ran(done.returncode, done.stdout + done.stderr, report)


def everything() -> RunResult:
    """A result in which every list has an entry."""
    measured = Measurement("m", 1.0, "s", 2.0, (0.5, 1.5))
    judgement = Judgement(
        Verdict.MISSED,
        "s",
        (Finding("d", "hop"),),
        (Evidence("k", "q", "o", "e", "r"),),
        1.0,
        1.0,
        (measured,),
    )
    row = {"method": "GET", "route": "/", "status": 200, "count": 1}
    call = {"server": "s", "method": "GET", "path": "/", "status": 200, "count": 1, "seconds": 0.1}
    query = PanelQuery("d", Path("d.json"), 0, "p")
    return RunResult(
        run_id="r",
        started_at=0.0,
        duration_s=1.0,
        system="reference",
        pace="fast",
        stack=StackInfo(
            "native",
            1.0,
            (ServerInfo("s", "1", 1.0),),
            (Change("w", "k", "a", "b"),),
            (Standin("a", "b", "c"),),
            (Incompressible("w", "k", "r"),),
            (LeftOut("s", "r"),),
        ),
        loads=(LoadInfo("l", "s", 0.0, 1.0, 1, None, 1.0, (row,)),),
        checks=(CheckResult("a.b", "a", "", 1.0, judgement),),
        timelines=(Timeline("t", ((0.0, "x"),)),),
        calls=(call,),
        coverage=coverage([PanelSeen("d", "p", (PanelAnswer(query, Tally(1, 1, 1)),))]),
    )


def test_readme_shows_the_example_as_it_stands() -> None:
    """What readers copy is what is run here."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```" in readme


def test_example_is_met_on_a_real_stack(ran: Ran) -> None:
    """All three checks are met, with evidence."""
    assert ran.code == 0, ran.output
    assert [check["verdict"] for check in ran.data["checks"]] == ["met"] * 3
    assert all(check["evidence"] for check in ran.data["checks"])


def test_every_field_of_a_real_run_is_documented(ran: Ran) -> None:
    """A reader of run.json finds each of its fields on the page."""
    assert set(paths_in(ran.data)) - DOCUMENTED == set()


def test_documented_fields_are_those_of_the_result_model() -> None:
    """Nothing is documented that no run can have, and nothing is left out."""
    assert set(paths_in(as_data(everything()))) == DOCUMENTED - FILES
