"""Which scenario, against whom: mistakes are caught before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.errors import UsageError
from smokestack.load.scenario import (
    ScenarioSpec,
    find_scenario,
    known_scenarios,
    refuse_remote,
    refuse_unsafe,
)

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_the_shipped_scenarios_are_known() -> None:
    """What scenarios are made of is not taken for one."""
    assert {"smoke", "steady", "error_burst"} <= set(known_scenarios(SCENARIOS))
    assert not {"marked", "course"} & set(known_scenarios(SCENARIOS))


def test_a_scenario_is_found_by_name() -> None:
    """The stem of its file is its name."""
    assert find_scenario("smoke", SCENARIOS) == SCENARIOS / "smoke.py"


def test_an_unknown_scenario_gets_a_guess_and_the_list() -> None:
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(UsageError) as caught:
        find_scenario("stedy", SCENARIOS)
    assert "Did you mean 'steady'?" in str(caught.value)
    assert "error_burst" in str(caught.value)


def test_without_a_near_name_there_is_no_guess(tmp_path: Path) -> None:
    """An empty folder says so."""
    with pytest.raises(UsageError, match="known scenarios: none"):
        find_scenario("smoke", tmp_path)


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:80", "http://localhost:80", "http://[::1]:80", "https://127.9.9.9"]
)
def test_the_loopback_is_allowed(host: str) -> None:
    """Our own machine can take it."""
    refuse_remote(host, allow_remote=False)


@pytest.mark.parametrize("host", ["http://example.com", "http://10.0.0.1:80", "http://0.0.0.0:80"])
def test_any_other_host_needs_leave(host: str) -> None:
    """Load on somebody else's machine is never an accident."""
    with pytest.raises(UsageError, match="SMOKESTACK_ALLOW_REMOTE"):
        refuse_remote(host, allow_remote=False)
    refuse_remote(host, allow_remote=True)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "", "ftp://127.0.0.1"])
def test_a_host_that_is_no_url_is_refused(host: str) -> None:
    """Even with leave."""
    with pytest.raises(UsageError, match="must be a URL"):
        refuse_remote(host, allow_remote=True)


@pytest.mark.parametrize("name", ["", "a b", "../up", "a,b=c", "a\nb"])
def test_names_that_break_headers_or_paths_are_refused(name: str) -> None:
    """Names stand in headers and file names."""
    spec = ScenarioSpec(name, "smoke", "http://127.0.0.1:1")
    with pytest.raises(UsageError, match="load name"):
        refuse_unsafe(spec, "run-1")
    with pytest.raises(UsageError, match="run id"):
        refuse_unsafe(ScenarioSpec("smoke", "smoke", "http://127.0.0.1:1"), name)
