"""Each system but the reference, whole: everything that it has is met, the rest is skipped."""

from __future__ import annotations

import pytest

from tests.mutations.catalogue import LACKING
from tests.mutations.lanes import Outcomes
from tests.mutations.runs import SYSTEMS


@pytest.mark.parametrize("run", SYSTEMS)
def test_a_system_is_green_and_asked_for_nothing_that_it_lacks(
    run: str, outcomes: Outcomes
) -> None:
    """All suites, unbroken."""
    outcome = outcomes.of(run)
    assert outcome.red == {}, outcome.output[-4000:]
    assert outcome.lacking == LACKING[run]
    assert outcome.exit_code == 0
