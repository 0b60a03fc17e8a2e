"""Tests that start native servers are skipped where these cannot be built: without Go.

Those that wait for the run of a twin (tests/mutations) come late: these runs begin with the session
and go on beside the other tests. What needs the machine for itself comes after them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from smokestack.stack.binaries import missing
from tests.mutations.lanes import Outcomes, begun

HERE = Path(__file__).parent
NATIVE = (
    HERE / "stack",
    HERE / "mutations",
    HERE / "docs" / "test_example.py",
    HERE / "docs" / "test_tutorial.py",
    HERE / "docs" / "test_your_own_system.py",
)
ALONE = (
    HERE / "docs" / "test_your_own_system.py",
    HERE / "mutations" / "test_deploys.py",
    HERE / "stack" / "test_slo_lived_through.py",
    HERE / "stack" / "test_stimuli.py",
    HERE / "stack" / "test_systems.py",
)
"""Alerts are lived through there and must be met, each hop in its time, or latencies of two moments
are compared: nothing else runs then.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put them in order, and skip what cannot run here."""
    items.sort(key=lambda item: 2 if item.path in ALONE else 1 if run_of(item) else 0)
    skip_without_servers(items)


def run_of(item: pytest.Item) -> str:
    """The name of the run that a test waits for; empty if it waits for none."""
    if isinstance(item, pytest.Function) and "outcomes" in item.fixturenames:
        return str(item.callspec.params["run"])
    return ""


@pytest.fixture(scope="session", autouse=True)
def begun_runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcomes | None]:
    """The runs that the tests of this session wait for, on their way from its start."""
    waiting = [item for item in request.session.items if not item.get_closest_marker("skip")]
    if names := [name for name in map(run_of, waiting) if name]:
        with begun(names, tmp_path_factory.mktemp("mutations")) as outcomes:
            yield outcomes
    else:
        yield None


@pytest.fixture(scope="session")
def outcomes(begun_runs: Outcomes | None) -> Outcomes:
    """What comes of each run."""
    assert begun_runs is not None
    return begun_runs


def skip_without_servers(items: list[pytest.Item]) -> None:
    """Skip them with the reason, and the command that would make them run; never in CI."""
    if shutil.which("go") or os.environ.get("CI") == "true" or not (lacking := missing()):
        return
    reason = f"native servers are not installed ({', '.join(lacking)}); with Go: smokestack install"
    for item in items:
        if any(item.path.is_relative_to(place) for place in NATIVE):
            item.add_marker(pytest.mark.skip(reason=reason))
