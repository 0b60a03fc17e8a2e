"""What a system lacks is skipped with the reason, before anything is started for it."""

from __future__ import annotations

from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]

TRACES = """
@pytest.fixture(scope="session")
def costly():
    raise OSError("was started")

@pytest.mark.check("a.traces")
@pytest.mark.needs("{part}")
def test_traces(costly):
    return Judgement(Verdict.MET, "as expected")
"""
MET = check("a.met")


def verdicts(checkout: Checkout) -> dict[str, tuple[str, str]]:
    """Verdict and summary of each check."""
    return {one["id"]: (one["verdict"], one["summary"]) for one in checkout.run_json()["checks"]}


def test_what_the_system_lacks_is_skipped_and_its_fixtures_are_not_asked_for(
    checkout: Checkout,
) -> None:
    """The reason is in the report, and the run can still pass."""
    checkout.suite(TRACES.format(part="traces"), MET)
    assert checkout.run("--system", "clientforge").ret == 0
    assert verdicts(checkout) == {
        "a.traces": ("skipped", "this system has no traces"),
        "a.met": ("met", "as expected"),
    }


def test_what_the_system_has_is_asked(checkout: Checkout) -> None:
    """The mark alone skips nothing."""
    checkout.suite(TRACES.format(part="traces"))
    assert checkout.run("--system", "reference").ret == 6
    assert verdicts(checkout)["a.traces"][0] == "unmeasured"


def test_skipping_everything_is_not_a_pass(checkout: Checkout) -> None:
    """A system without traces of which only traces are asked proves nothing."""
    checkout.suite(TRACES.format(part="traces"))
    assert checkout.run("--system", "clientforge").ret == 5


def test_a_part_that_there_is_not_is_an_error(checkout: Checkout) -> None:
    """A misspelt mark must not pass for a system that has everything."""
    checkout.suite(TRACES.format(part="tracing"))
    result = checkout.run()
    assert result.ret == 6
    verdict, summary = verdicts(checkout)["a.traces"]
    assert verdict == "unmeasured"
    assert summary.endswith("pytest.mark.needs('tracing') is no part of a system")


def test_what_a_server_does_not_offer_is_skipped_with_its_words(checkout: Checkout) -> None:
    """An API that a server of that make lacks is no failure of it."""
    lacking = """
from smokestack.errors import NotOffered
@pytest.mark.check("a.lacking")
def test_lacking():
    raise NotOffered("Grafana Mimir has no scrape targets")
"""
    checkout.suite(lacking, MET)
    assert checkout.run("--system", "reference").ret == 0
    assert verdicts(checkout)["a.lacking"] == ("skipped", "Grafana Mimir has no scrape targets")
