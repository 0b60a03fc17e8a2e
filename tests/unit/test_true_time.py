"""alerts.true-time: input as promtool reads it, its answer, and what follows from that."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pydantic
import pytest
import yaml

from smokestack.alerting import RuleProof
from smokestack.drive.rule_tests import moments, questions
from smokestack.drive.true_time import prove
from smokestack.errors import ObservationError
from smokestack.judge.true_time import proven
from smokestack.processes import Ran
from smokestack.results import Verdict
from smokestack.system import Alert
from smokestack.system.true_time import TrueTime, parts
from tests.unit.judged import ALERT

GIVEN = TrueTime.model_validate(
    {
        "step": "30s",
        "after": "1m",
        "below": {"failed": "0+4", "level": "9"},
        "above": {"failed": "0+6", "level": "11"},
        "annotations": {"summary": "Errors on front"},
    }
)
PROVEN: Alert = ALERT.model_copy(update={"true_time": GIVEN})
MOMENTS = moments(PROVEN, GIVEN)
PASSED = RuleProof({"below": (), "fires": (), "content": (), "waits": (), "resolves": ()})


def by_question(alert: Alert = PROVEN, given: TrueTime = GIVEN) -> dict[str, dict[str, Any]]:
    """The tests of an alert by what they ask."""
    return {test["name"].partition(": ")[2]: test for test in questions(alert, given)}


def values(test: dict[str, Any], series: str) -> list[float]:
    """The samples of one series."""
    found = next(one for one in test["input_series"] if one["series"] == series)
    return [float(value) for value in found["values"].split()]


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ("5", (5.0, None, 1)),
        ("0.05", (0.05, None, 1)),
        ("0+5", (0.0, 5.0, 1)),
        ("100-2.5", (100.0, -2.5, 1)),
        ("0+1/3", (0.0, 1.0, 3)),
        ("-1+2", (-1.0, 2.0, 1)),
        ("1e9", (1e9, None, 1)),
    ],
)
def test_a_course_in_numbers(course: str, expected: tuple[float, float | None, int]) -> None:
    """A number, a step, and how often it is taken."""
    told = parts(course)
    assert (told.start, told.step, told.every) == expected


@pytest.mark.parametrize("course", ["", "five", "0+", "1+1/0", "0+1x5", "+5x", "__"])
def test_what_is_no_course(course: str) -> None:
    """It is refused with what would be one."""
    with pytest.raises(pydantic.ValidationError, match="is none of: a number"):
        TrueTime.model_validate({"below": {"x": course}, "above": {"x": "1"}, "annotations": {}})


def test_both_sides_have_the_same_series() -> None:
    """A series that is there on one side only would be a typo."""
    with pytest.raises(pydantic.ValidationError, match="must have the same series: y"):
        TrueTime.model_validate(
            {"below": {"x": "1"}, "above": {"x": "1", "y": "1"}, "annotations": {}}
        )


def test_moments() -> None:
    """Not a quarter of a sample before it is due; two samples after."""
    assert MOMENTS == (60 + 300 - 7.5, 60 + 300 + 60)


def test_input_goes_on_from_where_it_was() -> None:
    """A counter is not set back when what set the alert off has ended; a level is."""
    resolves = by_question()["resolves"]
    failed, level = values(resolves, "failed"), values(resolves, "level")
    steps = [after - before for before, after in itertools.pairwise(failed)]
    driven = level.count(11.0)
    assert driven == MOMENTS[1] / 30 + 1
    assert set(steps[: driven - 1]) == {6.0}
    assert set(steps[driven - 1 :]) == {4.0}
    assert level == [11.0] * driven + [9.0] * (len(level) - driven)


def test_input_lasts_as_long_as_it_is_asked_about() -> None:
    """Without more, promtool would go on with nothing, and nothing never fires."""
    for name, test in by_question().items():
        covered = 30_000 * (len(values(test, "level")) - 1)
        asked = [*test["promql_expr_test"], *test["alert_rule_test"]]
        assert asked, name
        assert all(int(one["eval_time"].removesuffix("ms")) <= covered for one in asked), name


def test_a_step_every_third_sample() -> None:
    """What counts is how often it changed."""
    given = GIVEN.model_copy(update={"below": {"x": "0+1/3"}, "above": {"x": "_"}})
    assert values(by_question(given=given)["below"], "x")[:7] == [0, 0, 0, 1, 1, 1, 2]
    driven = by_question(given=given)["fires"]["input_series"][0]["values"]
    assert driven.startswith("_x15 0 0 0 1"), "what had no samples begins where it is said to"


def test_what_it_must_carry() -> None:
    """Every label: its own, its subject's, and those of its series; every annotation."""
    given = GIVEN.model_copy(update={"labels": {"instance": "front:80"}})
    content = by_question(given=given)["content"]["alert_rule_test"][0]
    assert content["exp_alerts"] == [
        {
            "exp_labels": {"severity": "critical", "service": "front", "instance": "front:80"},
            "exp_annotations": {"summary": "Errors on front"},
        }
    ]


def test_an_alert_without_for_fires_at_once() -> None:
    """There is no moment at which it waits."""
    at_once = PROVEN.model_copy(update={"for_s": 0.0})
    given = GIVEN.model_copy(update={"after": 0.0})
    assert "waits" not in by_question(at_once, given)


REPORT = """\
<testsuites><testsuite name="tests.yml" tests="5" failures="1" errors="0" skipped="0">\
<testcase name="Errors: below"></testcase><testcase name="Errors: fires"><failure>    expr: \
&#34;count(x)&#34;, time: 7m,&#xA;        exp: {} 1E+00&#xA;        got: {} 0E+00</failure>\
</testcase><testcase name="Errors: content"></testcase>\
<testcase name="Errors: resolves"></testcase><testcase name="Errors: waits"></testcase>\
</testsuite></testsuites>
  FAILED:
    name: Errors: fires,
"""


RULES = """\
groups:
  - name: all
    rules:
      - {alert: Errors, expr: 'front:errors:rate5m > 0.05'}
"""


def proofs(folder: Path, ran: Ran) -> tuple[RuleProof, dict[str, Any]]:
    """What is made of promtool's answer, and what it was given."""
    rules = folder / "shipped.yml"
    rules.write_text(RULES)

    def run(tool: str, arguments: Sequence[str], place: Path) -> Ran:
        """Promtool, asked as it must be."""
        assert (tool, list(arguments)) == (
            "promtool", ["test", "rules", "--junit=/dev/stdout", "tests.yml"],
        )  # fmt: skip
        assert (place / "rules" / "0-shipped.yml").read_text() == RULES
        return ran

    place = folder / "asked"
    found = prove([PROVEN, ALERT.model_copy(update={"alert": "Other"})], [rules], place, run)
    assert list(found) == ["Errors"], "of what has no input nothing is asked"
    return found["Errors"], yaml.safe_load((place / "tests.yml").read_text())


def test_what_promtool_says(tmp_path: Path) -> None:
    """Failures by what was asked; the questions as promtool reads them."""
    proof, given = proofs(tmp_path, Ran(1, REPORT))
    assert {question for question, failed in proof.failures.items() if failed} == {"fires"}
    assert "got: {} 0E+00" in proof.failures["fires"][0]
    assert given["rule_files"] == ["rules/0-shipped.yml"]
    assert given["evaluation_interval"] == "7500ms"
    assert len(given["tests"]) == 5


def test_rules_that_cannot_be_read(tmp_path: Path) -> None:
    """That says nothing about the threshold."""
    with pytest.raises(ObservationError, match="could not test the rules: 1:5: parse error"):
        proofs(tmp_path, Ran(1, "1:5: parse error\n"))
    with pytest.raises(ObservationError, match="exit code 2, and no word"):
        proofs(tmp_path, Ran(2, ""))


@pytest.mark.parametrize(
    ("failed", "says"),
    [
        ({"below"}, "Errors fires below its threshold 0.05, with failed 0+4, level 9"),
        ({"fires", "content"}, "does not fire after 420 s above its threshold 0.05, with failed"),
        ({"waits"}, "fires after 352.5 s, before its `for` of 300 s is over"),
        ({"content"}, "other labels or annotations: exp: a got: b"),
        ({"resolves"}, "still fires long after"),
    ],
)
def test_which_side_is_wrong(failed: set[str], says: str) -> None:
    """Each question that failed has its words; what follows from another is not said again."""
    words = ("exp: a\n   got: b",)
    proof = RuleProof({name: words if name in failed else () for name in PASSED.failures})
    judgement = proven(PROVEN, GIVEN, proof, MOMENTS, "promtool test rules x")
    assert judgement.verdict is Verdict.MISSED
    assert says in judgement.summary
    assert len(judgement.findings) == 1


def test_all_passed_is_met() -> None:
    """And nothing asked is not."""
    judgement = proven(PROVEN, GIVEN, PASSED, MOMENTS, "promtool test rules x")
    assert judgement.verdict is Verdict.MET
    assert judgement.summary.startswith("inactive below 0.05; above it not before 352.5 s")
    nothing = proven(PROVEN, GIVEN, RuleProof({}), MOMENTS, "x")
    assert nothing.verdict is Verdict.UNMEASURED
