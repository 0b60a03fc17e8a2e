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
from smokestack.drive.rule_tests import RuleTests, asked_by, evaluation, moments
from smokestack.drive.true_time import prove
from smokestack.errors import ObservationError
from smokestack.judge.true_time import Tried, proven
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
PROVEN: Alert = ALERT.model_copy(update={"true_time": (GIVEN,)})
MOMENTS = moments(PROVEN, GIVEN)
PASSED = RuleProof(
    {"below": (), "fires": (), "content": (), "waits": (), "resolves": ()}, "tests-1.yml"
)


def asked_of(given: TrueTime = GIVEN, alert: Alert = PROVEN) -> tuple[RuleTests, dict[str, Any]]:
    """The tests of an alert on one input, and the one that is above."""
    tests = RuleTests(alert, given, "Errors")
    return tests, tests.above()


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
    _, above = asked_of()
    failed, level = values(above, "failed"), values(above, "level")
    steps = [after - before for before, after in itertools.pairwise(failed)]
    driven = level.count(11.0)
    assert driven == MOMENTS[1] / 30 + 1
    assert set(steps[: driven - 1]) == {6.0}
    assert set(steps[driven - 1 :]) == {4.0}
    assert level == [11.0] * driven + [9.0] * (len(level) - driven)


def test_input_lasts_as_long_as_it_is_asked_about() -> None:
    """Without more, promtool would go on with nothing, and nothing never fires."""
    tests, above = asked_of()
    for test in (tests.below(), above):
        covered = 30_000 * (len(values(test, "level")) - 1)
        asked = [*test["promql_expr_test"], *test.get("alert_rule_test", [])]
        assert asked, test["name"]
        assert all(at(one) <= covered for one in asked), test["name"]


def at(asked: dict[str, Any]) -> int:
    """When something is asked, in milliseconds."""
    return int(asked["eval_time"].removesuffix("ms"))


def test_a_history_comes_first() -> None:
    """It fills the long windows: input begins after it, and so does whatever is asked."""
    given = GIVEN.model_copy(
        update={"earlier": 600.0, "before": {"failed": "0+100", "level": "1"}, "calm": None}
    )
    (_, plain), (tests, after) = asked_of(), asked_of(given)
    assert values(after, "failed")[:21] == [*(100.0 * n for n in range(20)), 1906.0]
    earlier, later = (one["promql_expr_test"] for one in (plain, after))
    assert [at(one) + 600_000 for one in earlier] == [at(one) for one in later]
    assert values(tests.below(), "level")[18:22] == [1, 1, 9, 9]


def test_what_is_said_of_a_history_must_have_one() -> None:
    """`before` for no time would be read by nobody."""
    with pytest.raises(pydantic.ValidationError, match="for the time that `earlier` says"):
        TrueTime.model_validate(
            {"below": {"x": "1"}, "above": {"x": "2"}, "before": {"x": "0"}, "annotations": {}}
        )


def test_it_is_asked_when_rules_are_evaluated() -> None:
    """Between two evaluations that are hours apart Prometheus sees no alert."""
    given = GIVEN.model_copy(update={"step": 10800.0, "after": 100_000.0})
    at_once = PROVEN.model_copy(update={"for_s": 0.0, "window": 86400.0})
    tests, above = asked_of(given, at_once)
    assert evaluation(at_once, given) == 10800.0, "without a `for`, once a sample"
    asked = [*tests.below()["promql_expr_test"], *above["promql_expr_test"]]
    assert all(at(one) % 10_800_000 == 0 for one in asked)


def test_a_step_every_third_sample() -> None:
    """What counts is how often it changed."""
    given = GIVEN.model_copy(update={"below": {"x": "0+1/3"}, "above": {"x": "_"}})
    tests, above = asked_of(given)
    assert values(tests.below(), "x")[:7] == [0, 0, 0, 1, 1, 1, 2]
    driven = above["input_series"][0]["values"]
    assert driven.startswith("_x15 0 0 0 1"), "what had no samples begins where it is said to"


def test_what_it_must_carry() -> None:
    """Every label: its own, its subject's, and those of its series; every annotation."""
    given = GIVEN.model_copy(update={"labels": {"instance": "front:80"}})
    content = asked_of(given)[1]["alert_rule_test"][0]
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
    tests = RuleTests(at_once, given, "Errors")
    assert tests.questions()["Errors: above"] == ("fires", "content", "resolves")


REPORT = """\
<testsuites><testsuite name="tests-1.yml" tests="2" failures="1" errors="0" skipped="0">\
<testcase name="Errors: below"></testcase><testcase name="Errors: above"><failure>    expr: \
&#34;count(x) or vector(0) # fires&#34;, time: 7m,&#xA;        exp: {} 1E+00&#xA;        \
got: {} 0E+00</failure></testcase></testsuite></testsuites>
  FAILED:
    name: Errors: above,
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
            "promtool", ["test", "rules", "--junit=/dev/stdout", "tests-1.yml"],
        )  # fmt: skip
        assert (place / "rules" / "0-shipped.yml").read_text() == RULES
        return ran

    place = folder / "asked"
    found = prove([PROVEN, ALERT.model_copy(update={"alert": "Other"})], [rules], place, run)
    assert list(found) == ["Errors"], "of what has no input nothing is asked"
    [proof] = found["Errors"]
    return proof, yaml.safe_load((place / proof.file).read_text())


def test_what_promtool_says(tmp_path: Path) -> None:
    """Failures by what was asked; the questions as promtool reads them."""
    proof, given = proofs(tmp_path, Ran(1, REPORT))
    assert {question for question, failed in proof.failures.items() if failed} == {"fires"}
    assert "got: {} 0E+00" in proof.failures["fires"][0]
    assert given["rule_files"] == ["rules/0-shipped.yml"]
    assert given["evaluation_interval"] == "7500ms"
    assert [one["name"] for one in given["tests"]] == ["Errors: below", "Errors: above"]


CONTENT = """    name: Errors: above,
    alertname: Errors, time: 2h,
        exp:[ 0: Labels:{}]
"""


@pytest.mark.parametrize(
    ("failure", "question"),
    [
        ('expr: "count(x) or vector(0) # waits", time: 7m', "waits"),
        (CONTENT, "content"),
        ("vector cannot contain metrics with the same labelset", None),
    ],
)
def test_which_question_failed(failure: str, question: str | None) -> None:
    """A question is in its expression, labels and annotations have a form of their own."""
    assert asked_by(failure) == question


def test_what_promtool_says_of_no_question(tmp_path: Path) -> None:
    """A rule that cannot be evaluated fails all that it was asked."""
    report = REPORT.replace("# fires", "").replace("expr: ", "cannot be evaluated: ")
    proof, _ = proofs(tmp_path, Ran(1, report))
    failed = {question for question, failures in proof.failures.items() if failures}
    assert failed == {"waits", "fires", "content", "resolves"}


def test_inputs_of_other_steps_and_rules_have_files_of_their_own(tmp_path: Path) -> None:
    """A rule that looks back days is not evaluated as often as one with a `for` of a minute."""
    coarse = GIVEN.model_copy(update={"step": 3600.0, "threshold": 0.1})
    both = PROVEN.model_copy(update={"true_time": (GIVEN, coarse)})
    (tmp_path / "shipped.yml").write_text(RULES)
    names = [f"Errors ({n}): {side}" for n in (1, 2) for side in ("below", "above")]
    cases = "".join(f'<testcase name="{name}"></testcase>' for name in names)
    ran = Ran(0, f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    found = prove([both], [tmp_path / "shipped.yml"], tmp_path, lambda *_: ran)
    assert [one.file for one in found["Errors"]] == ["tests-1.yml", "tests-2.yml"]
    assert not any(failed for one in found["Errors"] for failed in one.failures.values())
    assert ["waits" in one.failures for one in found["Errors"]] == [True, False]
    written = [yaml.safe_load((tmp_path / f"tests-{n}.yml").read_text()) for n in (1, 2)]
    assert [one["evaluation_interval"] for one in written] == ["7500ms", "900000ms"]


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
    failures = {name: words if name in failed else () for name in PASSED.failures}
    judgement = proven(PROVEN, [Tried(GIVEN, RuleProof(failures, "x"), MOMENTS, "promtool x")])
    assert judgement.verdict is Verdict.MISSED
    assert says in judgement.summary
    assert len(judgement.findings) == 1


def test_all_passed_is_met() -> None:
    """And nothing asked is not."""
    judgement = proven(PROVEN, [Tried(GIVEN, PASSED, MOMENTS, "promtool x")])
    assert judgement.verdict is Verdict.MET
    assert judgement.summary.startswith("inactive below 0.05, above it not before 352.5 s")
    nothing = proven(PROVEN, [Tried(GIVEN, RuleProof({}, "x"), MOMENTS, "x")])
    assert nothing.verdict is Verdict.UNMEASURED


def test_each_condition_has_its_own_threshold() -> None:
    """A rule with two of them says which one is wrong; without a `for`, what came too early."""
    other = GIVEN.model_copy(update={"threshold": 0.3, "after": 3600.0})
    failures = {**PASSED.failures, "below": ("x",), "waits": ("y",)}
    at_once = PROVEN.model_copy(update={"for_s": 0.0})
    judgement = proven(
        at_once,
        [
            Tried(GIVEN, PASSED, MOMENTS, "promtool x"),
            Tried(other, RuleProof(failures, "y"), (3570.0, 3660.0), "promtool y"),
        ],
    )
    first, second = (finding.detail for finding in judgement.findings)
    assert first.startswith("Errors fires below its threshold 0.3, with")
    assert second == "Errors fires after 3570 s, before its condition should hold, after 3600 s"
