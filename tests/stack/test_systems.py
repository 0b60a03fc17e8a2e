"""Each system but the reference, whole: everything that it has is met, the rest is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.system import names
from tests.mutations import project
from tests.mutations.catalogue import LACKING

SYSTEMS = [name for name in names(project.ROOT) if name != "reference"]
SUITES = list((project.ROOT / "suites").glob("test_*.py"))
LONGEST_S = 400.0
"""The one with 17 alerts takes two to three minutes."""


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_is_green_and_asked_for_nothing_that_it_lacks(system: str, tmp_path: Path) -> None:
    """All suites, unbroken."""
    copied = project.copy(tmp_path / "project")
    suites = tuple(sorted(file.stem.removeprefix("test_") for file in SUITES))
    reports = tmp_path / "reports"
    outcome = project.run_until_told(copied, system, suites, reports, LONGEST_S)
    assert outcome.red == {}, outcome.output[-4000:]
    assert outcome.lacking == LACKING[system]
    assert outcome.exit_code == 0
