"""The twins of the checks: the stack is broken in one way, and exactly the right ones turn red.

Each mutation runs the real suites on real servers, in a process beside this one (lanes.py).
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.mutations import project
from tests.mutations.catalogue import BY_NAME, LACKING, MUTATIONS
from tests.mutations.lanes import Outcomes
from tests.mutations.mutation import Mutation
from tests.mutations.project import Edit, Outcome
from tests.mutations.runs import red_of, says


@pytest.mark.parametrize("run", list(BY_NAME))
def test_exactly_the_right_checks_turn_red(run: str, outcomes: Outcomes) -> None:
    """The check that the mutation is for is missed and says why; those that follow do; no other.

    Where the host keeps a large part of this machine's CPU time, as Linux tells, and the run says
    that it cannot tell times for that, there is no why. What had to be run again is told.
    """
    mutation, outcome = BY_NAME[run], outcomes.of(run)
    if outcome.attempt > 1:
        warnings.warn(f"{run} was run {outcome.attempt} times", stacklevel=1)
    assert mutation.check in outcome.verdicts, outcome.output[-4000:]
    assert red_of(mutation, outcome) == mutation.expected, _shown(mutation, outcome)
    lacking = LACKING[mutation.system] & set(outcome.verdicts)
    assert outcome.lacking == lacking - set(mutation.expected), _shown(mutation, outcome)
    assert outcome.exit_code == (1 if "missed" in outcome.red.values() else 6), outcome.output
    if not (outcome.starved and project.TOO_BUSY in outcome.said[mutation.check]):
        assert says(mutation, outcome), _shown(mutation, outcome)


def _shown(mutation: Mutation, outcome: Outcome) -> str:
    unlike = {
        check: (verdict, mutation.expected.get(check, "met"))
        for check, verdict in outcome.verdicts.items()
        if verdict != mutation.expected.get(check, "met")
    }
    lines = [
        f"{check}: {seen}, expected {wanted}: {outcome.said[check].splitlines()[0]}"
        for check, (seen, wanted) in unlike.items()
    ]
    said = outcome.said.get(mutation.check, "(not run)")[:1500]
    return "\n".join(
        [
            *lines,
            f"wanted {mutation.says}, starved: {outcome.starved}",
            f"{mutation.check} says: {said}",
        ]
    )


def test_an_edit_that_no_longer_bites_fails(tmp_path: Path) -> None:
    """A mutation of text that is not there, or is there twice, is an error, never a green run."""
    (tmp_path / "a.yml").write_text("for: 5m\nfor: 5m\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"a\.yml has 'for: 5m' 2 times, expected 1"):
        Edit("a.yml", "for: 5m", "for: 1m").apply(tmp_path)
    with pytest.raises(AssertionError, match=r"0 times, expected 1"):
        Edit("a.yml", "for: 7m", "for: 1m").apply(tmp_path)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=list(BY_NAME))
def test_every_edit_bites(mutation: Mutation, tmp_path: Path) -> None:
    """Every mutation finds what it breaks in the project as it is now."""
    project.copy_files({change.file for change in mutation.changes}, tmp_path)
    mutation.apply(tmp_path)
