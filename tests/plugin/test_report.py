"""run.json, junit.xml and report.html have what was found, and `latest` leads to them."""

from __future__ import annotations

from datetime import datetime

import pytest

from smokestack.errors import UsageError
from smokestack.report import html
from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]

MORE = (
    '(Finding("request 7 is gone", lost_at="collector: refused 1"),),'
    ' (Evidence("count", "sum(x)", "24", "25", "curl -s http://there"),), 9.5, 3.1'
)
KEYS = [
    "schema", "run_id", "started_at", "duration_s", "verdict", "interrupted", "system", "pace",
    "stack", "ledger", "loads", "seen", "checks", "causes", "timelines", "measurements",
    "waterfalls",
    "calls", "matrix", "coverage", "counts",
]  # fmt: skip


def test_run_json(checkout: Checkout) -> None:
    """Every part of the contract is there, a check with its findings, evidence and times."""
    checkout.suite(check("a.missed", "MISSED", "one is gone", MORE), name="test_logs.py")
    checkout.run("--pace", "real")
    data = checkout.run_json()
    assert list(data) == KEYS
    assert (data["schema"], data["verdict"], data["pace"]) == (1, "missed", "real")
    assert data["stack"] is None
    assert data["ledger"] == {"requests": 0, "by": []}
    assert data["counts"] == {"met": 0, "missed": 1, "unmeasured": 0, "skipped": 0}
    [one] = data["checks"]
    assert one.pop("duration_s") >= 0
    assert one == {
        "id": "a.missed", "suite": "logs", "subject": "", "verdict": "missed",
        "question": "", "file": "test_logs.py", "line": 6, "cause": None,
        "summary": "one is gone", "allowed_s": 9.5, "took_s": 3.1,
        "findings": [{"detail": "request 7 is gone", "lost_at": "collector: refused 1"}],
        "evidence": [{"kind": "count", "query": "sum(x)", "observed": "24", "expected": "25",
                      "repeat": "curl -s http://there"}],
        "polls": [], "measurements": [],
    }  # fmt: skip


def test_each_run_has_its_folder_and_latest_is_the_last(checkout: Checkout) -> None:
    """Two runs leave two reports; `latest` is a link to the second one."""
    checkout.suite(check("a.met"))
    checkout.run()
    first = checkout.run_json()["run_id"]
    checkout.run()
    second = checkout.run_json()["run_id"]
    assert first != second
    assert sorted(path.name for path in checkout.reports) == sorted([first, second])
    latest = checkout.path / "reports" / "latest"
    assert latest.is_symlink()
    assert latest.readlink().name == second


def test_report_folder_of_ones_own(checkout: Checkout) -> None:
    """`--report-dir` is made where it is not there yet, and takes the report."""
    checkout.suite(check("a.met"))
    checkout.run("--report-dir", "here/and/there")
    assert (checkout.path / "here" / "and" / "there" / "latest" / "run.json").is_file()
    assert not checkout.reports


def test_subjects_and_suites(checkout: Checkout) -> None:
    """One check used several times is told apart by its parameters; suites keep their order."""
    checkout.suite(check("traces.one"), name="test_traces.py")
    checkout.suite(
        """
@pytest.mark.check("logs.each")
@pytest.mark.parametrize("route", ["a", "b"])
def test_each(route):
    return Judgement(Verdict.MET, f"route {route}")
""",
        name="test_logs.py",
    )
    checkout.suite(check("mine.one"), name="test_0_mine.py")
    checkout.run()
    checks = [(one["suite"], one["id"], one["subject"]) for one in checkout.run_json()["checks"]]
    assert checks == [
        ("logs", "logs.each", "a"),
        ("logs", "logs.each", "b"),
        ("traces", "traces.one", ""),
        ("0_mine", "mine.one", ""),
    ]


def test_junit(checkout: Checkout) -> None:
    """Missed is a failure, unmeasured an error: no CI takes either for a pass."""
    checkout.suite(
        check("a.met"),
        check("a.missed", "MISSED", "one is gone", MORE),
        check("a.unmeasured", "UNMEASURED", "nobody answered"),
        check("a.skipped", "SKIPPED", "no such thing"),
    )
    checkout.run()
    [suite] = checkout.junit()
    began = suite.attrib.pop("timestamp")
    assert datetime.fromisoformat(began).tzinfo is not None
    assert dict(suite.attrib, time="") == {
        "name": "mine", "tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "",
    }  # fmt: skip
    said = {
        case.get("name"): [(one.tag, one.get("message")) for one in case if one.tag != "properties"]
        for case in suite.iter("testcase")
    }
    assert said == {
        "a.met": [],
        "a.missed": [("failure", "one is gone")],
        "a.unmeasured": [("error", "nobody answered")],
        "a.skipped": [("skipped", "no such thing")],
    }
    failure = suite.findtext("testcase/failure", "")
    assert "lost at: collector: refused 1" in failure
    assert "evidence: report.html#a.missed, beside this file" in failure
    missed = suite.find("testcase[@name='a.missed']")
    assert missed is not None
    assert (missed.get("file"), missed.get("line")) == ("test_mine.py", "10")
    assert {one.get("name"): one.get("value") for one in missed.iter("property")} == {
        "smokestack.verdict": "missed",
        "smokestack.evidence": "report.html#a.missed",
    }


def test_what_servers_say_may_hold_control_characters(checkout: Checkout) -> None:
    """A server's own words, escape codes and all, leave the XML well-formed."""
    checkout.suite(check("a.missed", "MISSED", r"it said \x1b[31mred\x1b[0m \x00 \ufffe <&>"))
    result = checkout.run()
    [suite] = checkout.junit()
    message = suite.find("testcase/failure")
    assert message is not None
    assert "red" in message.get("message", "")
    assert "<&>" in message.get("message", "")
    assert "\x1b" not in result.stdout.str()


def test_inert_without_checks(checkout: Checkout) -> None:
    """A session without a check is pytest's alone: its exit codes, no report, no summary."""
    checkout.suite("\ndef test_plain():\n    pass\n")
    result = checkout.run("--pace", "never-looked-at")
    assert result.ret == 0
    assert not (checkout.path / "reports").exists()
    result.stdout.fnmatch_lines(["*1 passed*"])
    result.stdout.no_fnmatch_line("*report:*")


def test_inert_beside_a_parameter_named_as_our_fixture(checkout: Checkout) -> None:
    """`run` is a common word: where it is no fixture of ours, nobody asks for a run."""
    one = '@pytest.mark.parametrize("run", ["a", "b"])\ndef test_each(run):\n    pass\n'
    other = "@pytest.fixture\ndef run():\n    return 1\n\ndef test_theirs(run):\n    pass\n"
    checkout.suite(one)
    checkout.suite(other, name="test_theirs.py")
    result = checkout.run()
    assert result.ret == 0
    assert not (checkout.path / "reports").exists()
    result.stdout.fnmatch_lines(["*3 passed*"])


def test_listing_checks_starts_nothing(checkout: Checkout) -> None:
    """`--collect-only` writes no report."""
    checkout.suite(check("a.met"))
    result = checkout.run("--collect-only", "-q")
    assert result.ret == 0
    assert not checkout.reports


def test_report_html(checkout: Checkout) -> None:
    """Beside run.json, with the question of a check: that of its page, else of its docstring."""
    pages = checkout.path / "docs" / "checks"
    pages.mkdir(parents=True)
    (pages / "a.paged.md").write_text("# a.paged\n\nIs it on its page?\n", encoding="utf-8")
    documented = check("a.told").replace("():\n", '():\n    """Is it told?"""\n')
    checkout.suite(check("a.paged", "MISSED", "one <is> gone", MORE), documented)
    checkout.run()
    [folder] = checkout.reports
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert [one["question"] for one in checkout.run_json()["checks"]] == [
        "Is it on its page?",
        "Is it told?",
    ]
    for part in (
        "Is it on its page?",
        "one &lt;is&gt; gone",
        'id="a.told"',
        "curl -s http://there",
    ):
        assert part in text


def test_no_html(checkout: Checkout) -> None:
    """Who does not want the page does not wait for it."""
    checkout.suite(check("a.met"))
    checkout.run("--no-html")
    [folder] = checkout.reports
    assert sorted(path.name for path in folder.iterdir()) == [
        "junit.xml", "metrics.prom", "run.json", "summary.md",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("report.html cannot be written: No space left"), "*written: No space left*"),
        (ZeroDivisionError("ours"), "report.html was not written: ZeroDivisionError: ours"),
    ],
)
def test_a_report_that_cannot_be_written_decides_nothing(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """A full disk, or a mistake of ours, is a line; verdict, exit code and run.json stay."""

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(html, "write", fails)
    checkout.suite(check("a.met"))
    result = checkout.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines([said])
    assert checkout.run_json()["verdict"] == "met"
