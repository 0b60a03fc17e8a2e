"""Habit 8: every check has a twin that proves that it can fail."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.mutations import containers, deploys, remote
from tests.mutations.catalogue import BY_NAME, MUTATIONS
from tests.mutations.project import ROOT

ALL = (*MUTATIONS, *containers.MUTATIONS, *deploys.MUTATIONS, *remote.MUTATIONS)
SUITES = sorted((ROOT / "suites").glob("test_*.py"))


def ids_in(suite: Path) -> set[str]:
    """The check ids of one suite: the arguments of its `@pytest.mark.check("…")`."""
    tree = ast.parse(suite.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "check"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


CHECKS = {suite.stem.removeprefix("test_"): ids_in(suite) for suite in SUITES}
IDS = set().union(*CHECKS.values())


def test_every_check_is_the_aim_of_a_mutation() -> None:
    """For each check there is a way of breaking the stack that must turn it red."""
    assert len(IDS) >= 36
    assert sorted(IDS - {check for mutation in ALL for check in mutation.aims}) == []


def test_mutations_name_only_checks_that_exist() -> None:
    """A check that was renamed is renamed in the mutations too."""
    named = {id_ for one in ALL for id_ in {*one.expected, *one.either}}
    assert sorted(named - IDS) == []


def test_mutations_run_the_suites_of_the_checks_that_they_turn_red() -> None:
    """No mutation expects a check whose suite it leaves out."""
    for one in ALL:
        run = set().union(*(CHECKS[suite] for suite in one.suites))
        assert sorted(set(one.expected) - run) == [], one.name


def test_no_two_mutations_have_one_name() -> None:
    """A name is a folder and a test id."""
    assert len(BY_NAME) == len(MUTATIONS)
