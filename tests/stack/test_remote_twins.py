"""A stack of somebody else's that is broken in one way, of which only what others sent tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations import project, remote
from tests.mutations.mutation import Mutation
from tests.stack.staging import asked, stack_file, staged

BY_NAME = {mutation.name: mutation for mutation in remote.MUTATIONS}


@pytest.mark.parametrize("mutation", remote.MUTATIONS, ids=list(BY_NAME))
def test_exactly_the_right_checks_turn_red(mutation: Mutation, tmp_path: Path) -> None:
    """As with a stack of our own: the check is missed and says why, those that follow are, too."""
    copied = project.copy(tmp_path / "project")
    mutation.apply(copied)
    suites = [f"suites/test_{suite}.py" for suite in mutation.suites]
    with staged(tmp_path / "own", copied) as addresses:
        seen = asked(stack_file(tmp_path, addresses), suites, "-k", mutation.only)
    assert seen.red == mutation.expected, seen.output
    for words in mutation.says:
        assert words in seen.said_by(mutation.check), seen.output
