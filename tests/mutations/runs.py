"""The real runs that tests wait for: each twin, and each system unbroken."""

from __future__ import annotations

from pathlib import Path

from smokestack.system import names
from tests.mutations import project
from tests.mutations.catalogue import BY_NAME
from tests.mutations.mutation import Mutation
from tests.mutations.project import ATTEMPTS, Outcome
from tests.stack.small_grafana import distribution

SYSTEMS = [name for name in names(project.ROOT) if name != "reference"]
"""The reference is run whole by others: tests/docker, and `make smoke`."""

SUITES = tuple(
    sorted(file.stem.removeprefix("test_") for file in (project.ROOT / "suites").glob("test_*.py"))
)
LONGEST_S = 400.0
"""The system with 17 alerts takes two to three minutes."""


def run(name: str, folder: Path) -> Outcome:
    """What the suites say of a mutation, or of a system, by its name."""
    if name in BY_NAME:
        return mutate(BY_NAME[name], folder)
    return whole(name, folder)


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


def red_of(mutation: Mutation, outcome: Outcome) -> dict[str, str]:
    """The red checks. Whatever is late on a machine too busy to tell counts as missed here."""
    return {
        check: "missed" if project.TOO_BUSY in outcome.said[check] else verdict
        for check, verdict in outcome.red.items()
        if check not in mutation.either
    }


def whole(system: str, folder: Path) -> Outcome:
    """Every suite on an unbroken system."""
    copied = project.copy(folder / "project")
    return project.run_until_told(copied, system, SUITES, folder / "reports", LONGEST_S)
