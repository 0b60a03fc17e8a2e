"""The example of docs/your-own-checks.md runs as it stands; its report is documented."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smokestack.report.run_json import as_data
from tests.docs.pages import ROOT, first_cells, paths_in
from tests.whole_result import everything

EXAMPLE = ROOT / "docs" / "examples" / "test_my_checks.py"
DOCUMENTED = first_cells((ROOT / "reports" / "README.md").read_text(encoding="utf-8"))
FILES = {
    "run.json", "junit.xml", "report.html", "summary.md", "metrics.prom", "limits.json", "stack/",
    "gl-code-quality-report.json",
}  # fmt: skip
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


def test_guide_shows_the_example_as_it_stands() -> None:
    """What readers copy is what is run here."""
    guide = (ROOT / "docs" / "your-own-checks.md").read_text(encoding="utf-8")
    assert f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```" in guide


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
