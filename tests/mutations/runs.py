"""The real run of a twin."""

from __future__ import annotations

from pathlib import Path

from tests.mutations import project
from tests.mutations.mutation import Mutation
from tests.mutations.project import Outcome
from tests.stack.small_grafana import distribution


def mutate(mutation: Mutation, folder: Path) -> Outcome:
    """Break a copy of the project, unless that was done before, and run the suites on it."""
    copied = folder / "project"
    if not copied.is_dir():
        mutation.apply(project.copy(copied))
    own = {}
    if mutation.beside_grafana:
        own["SMOKESTACK_GRAFANA_BINARY"] = str(distribution(folder / "grafana"))
    return project.run_suites(
        copied,
        mutation.system,
        mutation.suites,
        folder / "reports",
        own,
        only=mutation.only,
        pace=mutation.pace,
    )


def in_doubt(mutation: Mutation, outcome: Outcome) -> bool:
    """Whether it did not come out as expected, and the machine may be why."""
    if red_of(mutation, outcome) == mutation.expected and says(mutation, outcome):
        return False
    return outcome.too_busy or outcome.contended or unsure(mutation, outcome)


def says(mutation: Mutation, outcome: Outcome) -> bool:
    """Whether the check that it is for says why."""
    return all(words in outcome.said.get(mutation.check, "") for words in mutation.says)


def unsure(mutation: Mutation, outcome: Outcome) -> bool:
    """Whether a check does not know that should: nothing is wrong with asking again."""
    red = red_of(mutation, outcome)
    return any(
        verdict == "unmeasured" and mutation.expected.get(check) != verdict
        for check, verdict in red.items()
    )


def red_of(mutation: Mutation, outcome: Outcome) -> dict[str, str]:
    """The red checks. Whatever is late on a machine too busy to tell counts as missed here."""
    return {
        check: "missed" if project.TOO_BUSY in outcome.said[check] else verdict
        for check, verdict in outcome.red.items()
        if check not in mutation.either
    }
