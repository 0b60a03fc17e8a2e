"""What CI systems are given of a run: each in its own form, and none of it more than text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from prometheus_client.parser import text_string_to_metric_families

from smokestack.report import github, gitlab, junit, metrics, summary
from smokestack.report.html import link_to
from smokestack.results import (
    Cause,
    CauseKind,
    CheckResult,
    Finding,
    Judgement,
    Measurement,
    RunResult,
    Verdict,
)
from tests.whole_result import check, checked, hostile, rich

MISSED, UNMEASURED = Verdict.MISSED, Verdict.UNMEASURED
DOWN = Cause(CauseKind.ENDED, "loki ended with exit code -9", "loki")


def red(ident: str, verdict: Verdict, summary: str, cause: Cause | None = None) -> CheckResult:
    """A check that is not met, with its place."""
    judgement = Judgement(verdict, summary, (Finding(f"{summary}: 100%\nsecond"),), cause=cause)
    suite = ident.partition(".")[0]
    return CheckResult(ident, suite, "", 0.1, judgement, "", f"suites/test_{suite}.py", 7)


def loki_down() -> RunResult:
    """A run whose Loki ended halfway."""
    return checked(
        check("metrics.counter-delta", summary="360 of 360 copies counted"),
        red("traces.count", MISSED, "3 of 4 traces, one: gone"),
        *(red(f"logs.n{n}", UNMEASURED, "loki ended; without it: x", DOWN) for n in range(9)),
        check("push.freshness", Verdict.SKIPPED, "no such thing"),
    )


def test_one_cause_is_told_once_and_first_in_the_summary() -> None:
    """Before the check that stands alone; what was proven is said too."""
    text = summary.render(loki_down())
    assert text.count("loki ended with exit code") == 1
    assert text.index("**loki ended**: 9 checks") < text.index("3 of 4 traces, one: gone")
    assert "logs.n4, 4 more" in text
    assert text.startswith("## ❌ smokestack: reference missed\n")
    assert "- 360 of 360 copies counted" in text
    assert "| logs |  |  | 9 |  |" in text


def test_summary_of_a_run_without_checks() -> None:
    """It says that nothing was run."""
    assert "no check was run; pace fast, the stack never came up" in summary.render(checked())


def test_nothing_in_a_summary_is_more_than_text() -> None:
    """Neither HTML nor links nor mentions: what a server said cannot steer a reader."""
    judgement = Judgement(MISSED, "<img src=x> [a](http://b) @someone `x` | #1\nnew *line*")
    text = summary.render(checked(CheckResult("a.b", "a", "|s|", 0.1, judgement)))
    assert r"\<img src=x\> \[a\]\(http://b\) \@someone \`x\` \| \#1 new \*line\*" in text
    whole = summary.render(hostile())
    assert not re.search(r"(?<!\\)[<>]", whole)
    assert len(whole) < 200_000


def test_github_has_a_line_a_cause() -> None:
    """Errors and warnings at the test's file, `%`, line ends, `:` and `,` as percent codes."""
    down, traces = github.render(loki_down()).splitlines()
    assert down.startswith(
        "::warning file=suites/test_logs.py,line=7,title=smokestack%3A loki ended"
        "::loki ended with exit code -9%0Achecks: logs.n0, logs.n1, "
    )
    assert traces.startswith(
        "::error file=suites/test_traces.py,line=7,title=smokestack%3A traces.count"
        "::3 of 4 traces, one: gone%0Achecks: traces.count%0Aseen: 3 of 4 traces, one: gone: 100%25"
    )


def test_github_shows_no_more_than_ten() -> None:
    """Of each level; a run that is met has none."""
    many = checked(*(check(f"a.n{n}", MISSED, f"lost {n}") for n in range(30)),
                   check("b.u", UNMEASURED, "unknown"))  # fmt: skip
    levels = [line.split()[0] for line in github.lines(many)]
    assert levels == ["::error"] * 10 + ["::warning"]
    assert github.render(checked(check("a.met"))) == ""


def test_hostile_words_make_no_further_annotation() -> None:
    """A line each, whatever line ends and controls are in what was said."""
    for line in github.render(hostile()).split("\n")[:-1]:
        assert re.match(r"::(error|warning) (file=[^,]*,line=\d+,)?title=[^:,]*::", line)
        assert "\x1b" not in line


def test_gitlab_entries(tmp_path: Path) -> None:
    """Every field that GitLab reads, first cause first, with fingerprints of their own."""
    file = gitlab.write(loki_down(), tmp_path)
    assert file.name == "gl-code-quality-report.json"
    entries = json.loads(file.read_text(encoding="utf-8"))
    assert entries[0] | {"fingerprint": ""} == {
        "description": "logs.n0 unmeasured: loki ended",
        "check_name": "logs.n0",
        "fingerprint": "",
        "severity": "major",
        "location": {"path": "suites/test_logs.py", "lines": {"begin": 7}},
    }
    assert (entries[-1]["check_name"], entries[-1]["severity"]) == ("traces.count", "critical")
    assert len({one["fingerprint"] for one in entries}) == len(entries) == 10
    again = json.loads(gitlab.render(replace(loki_down(), run_id="other", started_at=9.0)))
    assert [one["fingerprint"] for one in again] == [one["fingerprint"] for one in entries]
    assert json.loads(gitlab.render(checked(check("a.met")))) == []


def test_junit_says_the_cause_that_checks_share() -> None:
    """In the text that every reader shows, and as a property."""
    root = ET.fromstring(junit.render(loki_down()))  # noqa: S314
    case = root.find(".//testcase[@name='logs.n3']")
    assert case is not None
    said = case.findtext("error", "")
    assert said.splitlines()[0] == "cause: loki ended, as of 8 other checks"
    assert f"evidence: {link_to(loki_down().checks[5])}" in said
    assert (case.get("file"), case.get("line")) == ("suites/test_logs.py", "7")
    of_case = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert of_case["smokestack.cause"] == "loki ended"
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.get("timestamp") == "1970-01-01T00:00:00+00:00"
    of_suite = [(p.get("name"), p.get("value")) for p in suite.findall("properties/property")]
    assert of_suite == [
        ("smokestack.run", "r"),
        ("smokestack.system", "reference"),
        ("smokestack.pace", "fast"),
        ("smokestack.cause", "loki ended"),
    ]


def test_junit_of_hostile_words_is_well_formed() -> None:
    """Whatever a server said."""
    assert ET.fromstring(junit.render(hostile())).tag == "testsuites"  # noqa: S314


def test_metrics() -> None:
    """Verdicts as 0 or 1, figures with their bounds, durations; labels name what they are of."""
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.render(rich()))
        for sample in family.samples
    }

    def value(of: str, /, **labels: str) -> float:
        return found[of, tuple(sorted({"system": "reference", **labels}.items()))]

    of = {"suite": "logs", "check": "logs.count", "subject": ""}
    assert value("smokestack_check_verdict", **of, verdict="unmeasured") == 1
    assert value("smokestack_check_verdict", **of, verdict="met") == 0
    assert value("smokestack_run_verdict", verdict="missed") == 1
    assert value("smokestack_run_checks", verdict="met") == 3
    assert value("smokestack_run_duration_seconds") == 25
    assert value("smokestack_load_requests", load="l") == 1
    figure = {"suite": "overhead", "check": "overhead.tracing", "subject": "",
              "name": "latency.logs", "unit": "s"}  # fmt: skip
    assert value("smokestack_measurement", **figure) == 0.19
    assert value("smokestack_measurement_budget", **figure) == 5.1


def test_metrics_with_the_same_labels_are_one_series() -> None:
    """Prometheus refuses an exposition that has a series twice."""
    twice = (Measurement("m", 1.0, "s"), Measurement("m", 2.0, "s"))
    text = metrics.render(checked(check("a.b", measured=twice)))
    assert [line[-3:] for line in text.splitlines() if line.startswith("smokestack_measurement{")]\
        == ["2.0"]  # fmt: skip
