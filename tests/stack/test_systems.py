"""Each system but the reference, whole: everything that it has is met, the rest is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.system import names
from tests.mutations import project
from tests.mutations.catalogue import LACKING
from tests.mutations.mutation import ALERTS, NOTIFICATIONS, SIGNALS, SLOS

SYSTEMS = [name for name in names(project.ROOT) if name != "reference"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_is_green_and_asked_for_nothing_that_it_lacks(system: str, tmp_path: Path) -> None:
    """The same suites as the mutations run, unbroken."""
    copied = project.copy(tmp_path / "project")
    more = ("push", "collector")
    suites = tuple(dict.fromkeys((*SIGNALS, *SLOS, *ALERTS, *NOTIFICATIONS, *more)))
    outcome = project.run_suites(copied, system, suites, tmp_path / "reports")
    assert outcome.red == {}, outcome.output[-4000:]
    assert outcome.lacking == LACKING[system]
    assert outcome.exit_code == 0
