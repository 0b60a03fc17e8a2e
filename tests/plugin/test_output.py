"""The terminal summary says in a glance what was met, and for the rest what to look at."""

from __future__ import annotations

import pytest

from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]

EVIDENCE = (
    '(Finding("request 7 is gone", lost_at="collector: refused 1"),),'
    ' (Evidence("count", "sum by (route) (x)", "24", "25", "curl -s \'http://there?q=[1]\'"),),'
    " 9.5, 3.1"
)


def test_summary(checkout: Checkout) -> None:
    """A line a check, then what was expected and seen, then the verdict and the report."""
    checkout.suite(
        check("a.met", summary="360 of 360"),
        check("a.missed", "MISSED", "one [bold] is gone", EVIDENCE),
        check("a.unmeasured", "UNMEASURED", "nobody answered"),
        check("a.skipped", "SKIPPED", "no such thing"),
    )
    result = checkout.run()
    result.stdout.fnmatch_lines(
        [
            "✓  a.met * 360 of 360*",
            "✗  a.missed * one [[]bold] is gone*",
            "?  a.unmeasured * nobody answered*",
            "-  a.skipped * no such thing*",
            "missed a.missed: one [[]bold] is gone",
            "  seen: request 7 is gone",
            "  lost at: collector: refused 1",
            "  waited: allowed 9.5 s, took 3.1 s",
            "  count: sum by (route) (x)",
            "    expected: 25",
            "    observed: 24",
            "    repeat: curl -s 'http://there?q=[[]1]'",
            "unmeasured a.unmeasured: nobody answered",
            "✗ MISSED  1 met, 1 missed, 1 unmeasured, 1 skipped",
            "reference at pace fast*",
            f"report: {checkout.path}/reports/*",
        ]
    )


def test_all_met(checkout: Checkout) -> None:
    """A run that met everything explains nothing."""
    checkout.suite(check("a.met"), check("b.met"))
    result = checkout.run()
    result.stdout.fnmatch_lines(["✓ MET  2 met"])
    result.stdout.no_fnmatch_line("*smokestack explain*")


def test_verdicts_instead_of_passed_and_failed(checkout: Checkout) -> None:
    """Verbose lines and pytest's last line use the words of checks."""
    checkout.suite(check("a.met"), check("a.missed", "MISSED"), check("a.gone", "UNMEASURED"))
    result = checkout.run("-v")
    result.stdout.fnmatch_lines(
        ["*test_a_met MET*", "*test_a_missed MISSED*", "*test_a_gone UNMEASURED*"]
    )
    result.stdout.fnmatch_lines(["*= 1 met, 1 missed, 1 unmeasured in *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_nothing_but_skipped_is_no_pass(checkout: Checkout) -> None:
    """The headline of a run that exercised nothing is not MET."""
    checkout.suite(check("a.skipped", "SKIPPED", "no such thing"))
    checkout.run().stdout.fnmatch_lines(["- SKIPPED  1 skipped"])


def test_no_escape_codes_where_output_is_no_terminal(checkout: Checkout) -> None:
    """A log file gets plain text."""
    checkout.suite(check("a.missed", "MISSED", "one is gone", EVIDENCE))
    assert "\x1b" not in checkout.run().stdout.str()


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}], ids=["colour", "NO_COLOR"])
def test_terminal(checkout: Checkout, environment: dict[str, str]) -> None:
    """A terminal gets colour, unless NO_COLOR asks for none; the words are the same."""
    checkout.suite(check("a.missed", "MISSED", "one is gone", EVIDENCE))
    written = checkout.run_on_terminal(environment)
    assert "MISSED" in written
    assert "lost at: collector: refused 1" in written
    assert ("\x1b[" in written) is not bool(environment)


def test_output_that_takes_no_signs(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where output cannot hold ✓ and ✗ the run ends with its verdict all the same."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    checkout.suite(check("a.missed", "MISSED", "5 × as many"))
    result = checkout.run_apart()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*MISSED  1 missed"])


def test_coverage_of_panels_is_said(checkout: Checkout) -> None:
    """One line, whatever the verdict is; the same stands in run.json."""
    judged = """
@pytest.mark.check("a.panels")
def test_panels(run):
    run.coverage = {"summary": "1 dashboard: 3 of 4 panels show data (5 queries)", "panels": 4}
    return Judgement(Verdict.MISSED, "one is empty")


@pytest.fixture
def run(request):
    from smokestack.session_plan import RUN

    return request.config.stash[RUN]
"""
    checkout.suite(judged)
    result = checkout.run()
    result.stdout.fnmatch_lines(["1 dashboard: 3 of 4 panels show data (5 queries)"])
    assert checkout.run_json()["coverage"]["panels"] == 4
