"""The twins of the checks that only containers have: each red when its one thing is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations import containers, project
from tests.mutations.mutation import Mutation

BY_NAME = {mutation.name: mutation for mutation in containers.MUTATIONS}


@pytest.mark.parametrize("mutation", containers.MUTATIONS, ids=list(BY_NAME))
def test_exactly_the_right_checks_turn_red(mutation: Mutation, tmp_path: Path) -> None:
    """The check that the mutation is for is missed and says why; no other is red."""
    copied = project.copy(tmp_path / "project")
    mutation.apply(copied)
    outcome = project.run_suites(
        copied, mutation.system, mutation.suites, tmp_path / "reports", backend="docker"
    )
    assert outcome.red == mutation.expected, outcome.output[-4000:]
    assert outcome.exit_code == 1
    for words in mutation.says:
        assert words in outcome.said[mutation.check]


def test_all_are_green_beside_a_small_cadvisor(tmp_path: Path) -> None:
    """With every family there, nothing of the containers is red or skipped."""
    copied = project.copy(tmp_path / "project")
    for change in containers.WITH_CADVISOR:
        change.apply(copied)
    suites = ("targets", "containers")
    outcome = project.run_suites(
        copied, "reference", suites, tmp_path / "reports", backend="docker"
    )
    assert outcome.exit_code == 0, outcome.output[-4000:]
    assert set(outcome.verdicts.values()) == {"met"}
