"""The twins of the checks: the stack is broken in one way, and exactly the right ones turn red.

Each mutation runs the real suites on real servers. Two run at once, since most of a run waits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.mutations import project
from tests.mutations.catalogue import BY_NAME, LACKING, MUTATIONS
from tests.mutations.mutation import Mutation
from tests.mutations.project import ATTEMPTS, Edit, Outcome
from tests.stack.small_grafana import distribution

AT_ONCE = int(os.environ.get("MUTATIONS_AT_ONCE", "2"))


def mutate(mutation: Mutation, folder: Path) -> Outcome:
    """Break a copy of the project and run the suites on it."""
    copied = project.copy(folder / "project")
    mutation.apply(copied)
    own = {}
    if mutation.beside_grafana:
        own["SMOKESTACK_GRAFANA_BINARY"] = str(distribution(folder / "grafana"))
    for _ in range(ATTEMPTS):
        outcome = project.run_suites(
            copied, mutation.system, mutation.suites, folder / "reports", own
        )
        if red_of(mutation, outcome) == mutation.expected or not outcome.too_busy:
            break
    return outcome


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Outcome]]]:
    """The outcome of every mutation that was selected, on its way."""
    chosen = [
        BY_NAME[item.callspec.id]
        for item in request.session.items
        if isinstance(item, pytest.Function) and "outcomes" in item.fixturenames
    ]
    folder = tmp_path_factory.mktemp("mutations")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {one.name: pool.submit(mutate, one, folder / one.name) for one in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=list(BY_NAME))
def test_exactly_the_right_checks_turn_red(
    mutation: Mutation, outcomes: Mapping[str, Future[Outcome]]
) -> None:
    """The check that the mutation is for is missed and says why; those that follow do; no other."""
    outcome = outcomes[mutation.name].result()
    assert mutation.check in outcome.verdicts, outcome.output[-4000:]
    assert red_of(mutation, outcome) == mutation.expected, _shown(mutation, outcome)
    lacking = LACKING[mutation.system] & set(outcome.verdicts)
    assert outcome.lacking == lacking - set(mutation.expected), _shown(mutation, outcome)
    assert outcome.exit_code == (1 if "missed" in outcome.red.values() else 6), outcome.output
    for words in mutation.says:
        assert words in outcome.said[mutation.check], _shown(mutation, outcome)


def red_of(mutation: Mutation, outcome: Outcome) -> dict[str, str]:
    """The red checks. Whatever is late on a machine too busy to tell counts as missed here."""
    return {
        check: "missed" if project.TOO_BUSY in outcome.said[check] else verdict
        for check, verdict in outcome.red.items()
        if check not in mutation.either
    }


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
    return "\n".join([*lines, f"{mutation.check} says: {said}"])


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
    mutation.apply(project.copy(tmp_path))
