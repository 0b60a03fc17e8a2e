"""Verdicts become pytest's exit code."""

from __future__ import annotations

import pytest

from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]

MET = check("a.met")
MISSED = check("a.missed", "MISSED", "one is gone")
UNMEASURED = check("a.unmeasured", "UNMEASURED", "nobody answered")
SKIPPED = check("a.skipped", "SKIPPED", "this system has no such thing")
PLAIN_FAILURE = "\ndef test_plain():\n    assert False\n"
TEARDOWN = """
@pytest.fixture
def untidy():
    yield
    raise OSError("cannot tidy up")

@pytest.mark.check("a.untidy")
def test_untidy(untidy):
    return Judgement(Verdict.MET, "as expected")
"""


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        pytest.param([MET], 0, id="met"),
        pytest.param([MET, SKIPPED], 0, id="met and skipped"),
        pytest.param([MET, MISSED], 1, id="missed"),
        pytest.param([MET, UNMEASURED], 6, id="unmeasured"),
        pytest.param([MISSED, UNMEASURED], 1, id="missed before unmeasured"),
        pytest.param([SKIPPED], 5, id="nothing but skipped"),
        pytest.param([MET, PLAIN_FAILURE], 1, id="a plain test fails"),
        pytest.param([UNMEASURED, PLAIN_FAILURE], 1, id="a plain test fails beside unmeasured"),
        pytest.param([TEARDOWN], 1, id="a teardown fails after met"),
        pytest.param([SKIPPED, "\ndef test_plain():\n    pass\n"], 5, id="skipped beside a test"),
    ],
)
def test_exit_code(checkout: Checkout, sources: list[str], code: int) -> None:
    """Each mixture of outcomes has its exit code."""
    checkout.suite(*sources)
    assert checkout.run().ret == code


def test_deselecting_everything_is_not_a_pass(checkout: Checkout) -> None:
    """No check was exercised: pytest's own 5."""
    checkout.suite(MET)
    assert checkout.run("-k", "nothing-like-it").ret == 5


def test_stop_at_the_first_keeps_the_verdict(checkout: Checkout) -> None:
    """With -x an unmeasured check still is no missed one."""
    checkout.suite(UNMEASURED, MISSED)
    assert checkout.run("-x").ret == 6
    assert [one["verdict"] for one in checkout.run_json()["checks"]] == ["unmeasured"]


def test_mark_skip_is_a_skipped_check(checkout: Checkout) -> None:
    """Pytest's own way to skip counts as skipped, with its reason."""
    checkout.suite(MET, f'\n@pytest.mark.skip(reason="not today"){check("a.later")}')
    assert checkout.run().ret == 0
    later = next(one for one in checkout.run_json()["checks"] if one["id"] == "a.later")
    assert (later["verdict"], later["summary"]) == ("skipped", "not today")


def test_a_check_without_judgement_is_unmeasured(checkout: Checkout) -> None:
    """A check that forgot to return one has proven nothing."""
    checkout.suite('@pytest.mark.check("a.silent")\ndef test_silent():\n    pass\n')
    assert checkout.run().ret == 6
    [one] = checkout.run_json()["checks"]
    assert one["verdict"] == "unmeasured"
    assert "a check returns a Judgement, test_silent returned None" in one["summary"]


def test_an_exception_is_unmeasured_with_its_type(checkout: Checkout) -> None:
    """A check that broke could not tell; the report says how it broke."""
    checkout.suite('@pytest.mark.check("a.broken")\ndef test_broken():\n    {}["key"]\n')
    assert checkout.run().ret == 6
    [one] = checkout.run_json()["checks"]
    assert one["verdict"] == "unmeasured"
    assert one["summary"] == "the check broke: KeyError: 'key'"


def test_an_assertion_is_missed(checkout: Checkout) -> None:
    """A suite of one's own may use plain assertions."""
    checkout.suite(
        """
@pytest.mark.check("a.asserted")
def test_asserted():
    assert 1 == 2, "one is not two"
"""
    )
    assert checkout.run().ret == 1
    [one] = checkout.run_json()["checks"]
    assert one["verdict"] == "missed"
    assert "one is not two" in one["summary"]


def test_a_server_that_cannot_be_asked_is_unmeasured(checkout: Checkout) -> None:
    """An ObservationError in a fixture is not the fault of what was to be measured."""
    checkout.suite(
        """
@pytest.fixture
def answer():
    raise Unreachable("loki: no connection after 5.0 s", hint="look at it")

@pytest.mark.check("a.asked")
def test_asked(answer):
    return Judgement(Verdict.MET, "never reached")
"""
    )
    assert checkout.run().ret == 6
    [one] = checkout.run_json()["checks"]
    assert (one["verdict"], one["summary"]) == ("unmeasured", "loki: no connection after 5.0 s")


def test_a_suite_that_cannot_be_read(checkout: Checkout) -> None:
    """A broken file is told as pytest does, with its own exit code; nothing is run."""
    checkout.suite(MET)
    checkout.suite("this is no Python\n", name="test_broken.py")
    result = checkout.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*test_broken.py*", "*SyntaxError*", "ERROR test_broken.py*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
