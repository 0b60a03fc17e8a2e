"""By what each alert is proven: one verdict a kind of proof, and how the terminal shows them."""

from __future__ import annotations

import io

from rich.console import Console

from smokestack.judge.matrix import matrix
from smokestack.report import terminal
from smokestack.results import CheckResult, Judgement, RunResult, Verdict
from smokestack.system.alerts import LivedThrough
from tests.unit.judged import ALERT

OTHER = ALERT.model_copy(
    update={"alert": "Other", "lived_through": None, "not_lived": "it would fill the disk"}
)


def check(ident: str, verdict: Verdict, summary: str = "", subject: str = "Errors") -> CheckResult:
    """A check of an alert."""
    return CheckResult(ident, "alerts", subject, 0.1, Judgement(verdict, summary))


CHECKS = (
    check("alerts.rules-loaded", Verdict.MET, subject=""),
    check("alerts.true-time", Verdict.MET),
    check("alerts.fires", Verdict.MET),
    check("alerts.delivered", Verdict.UNMEASURED),
    check("alerts.resolved", Verdict.MET),
    check("alerts.true-time", Verdict.MISSED, subject="Other"),
)


def test_the_worst_verdict_of_each_kind() -> None:
    """Of what nothing drives, why; of what nobody asked, nothing."""
    assert matrix([ALERT, OTHER], CHECKS) == {
        "Errors": {"true time": "met", "lived through": "unmeasured", "alive": ""},
        "Other": {
            "true time": "missed",
            "lived through": "it would fill the disk",
            "alive": "",
        },
    }


def test_an_alert_of_which_nothing_was_asked_has_no_row() -> None:
    """As when another suite alone was run."""
    assert matrix([ALERT, OTHER], CHECKS[:1]) == {}


def test_on_the_terminal() -> None:
    """One row an alert, signs as for checks."""
    text = io.StringIO()
    found = matrix([ALERT, OTHER], CHECKS)
    result = RunResult("run", 0.0, 1.0, "reference", "fast", checks=CHECKS, matrix=found)
    terminal.render(result, Console(file=text, width=160))
    lines = [" ".join(line.split()) for line in text.getvalue().splitlines()]
    assert "alert true time lived through alive" in lines
    assert "Errors ✓ met ? unmeasured" in lines
    assert "Other ✗ missed - it would fill the disk" in lines


def test_what_was_simulated() -> None:
    """A gauge that shows what it is told is no life; on the terminal it is met all the same."""
    lived = {"gauge": "queue_depth", "of": "backend"}
    alert = ALERT.model_copy(update={"lived_through": LivedThrough.model_validate(lived)})
    row = matrix([alert], CHECKS[:3])["Errors"]
    assert row["lived through"] == "met, simulated"
    assert terminal._proof(row["lived through"]).plain == "✓ met, simulated"


def test_what_was_skipped() -> None:
    """Why, as for a server that natively nobody restarts."""
    skipped = check("alerts.fires", Verdict.SKIPPED, "only containers are restarted")
    assert matrix([ALERT], [skipped])["Errors"]["lived through"] == "only containers are restarted"
