"""Has promtool run alerting rules, as they ship, at their real durations.

Nothing is divided and nothing waits: promtool steps through hours in milliseconds.
"""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from smokestack import yaml_file
from smokestack.alerting import RuleProof
from smokestack.drive.rule_files import needed
from smokestack.drive.rule_tests import evaluation, questions
from smokestack.errors import ObservationError
from smokestack.processes import Ran
from smokestack.system import Alert

TESTS = "tests.yml"
RULES = "rules"
_REPORT = re.compile(r"<testsuites>.*</testsuites>", re.DOTALL)

RunTool = Callable[[str, Sequence[str], Path], Ran]
"""Runs a program with arguments in a folder."""


def prove(
    alerts: Sequence[Alert], rules: Sequence[Path], folder: Path, run: RunTool
) -> Mapping[str, RuleProof]:
    """Ask promtool about every alert that input is given for. `folder` is for its files.

    Raises ObservationError where promtool could not read them, StackError where it cannot run.
    """
    given = {one.alert: (one, one.true_time) for one in alerts if one.true_time}
    if not given:
        return {}
    asked = {name: questions(*pair) for name, pair in given.items()}
    every_s = min(evaluation(true_time) for _, true_time in given.values())
    _write(
        [test for tests in asked.values() for test in tests], every_s, needed(given, rules), folder
    )
    failures = _failures(run("promtool", ["test", "rules", "--junit=/dev/stdout", TESTS], folder))
    return {
        alert: RuleProof(
            {test["name"].removeprefix(f"{alert}: "): failures[test["name"]] for test in tests}
        )
        for alert, tests in asked.items()
    }


def _write(tests: Sequence[object], every_s: float, rules: Sequence[Path], folder: Path) -> None:
    """A folder that promtool can be run in wherever it is: the rules are copied into it."""
    (folder / RULES).mkdir(parents=True, exist_ok=True)
    names = []
    for number, file in enumerate(rules):
        names.append(f"{RULES}/{number}-{file.name}")
        shutil.copyfile(file, folder / names[-1])
    document = {
        "rule_files": names,
        "evaluation_interval": f"{every_s * 1000:.0f}ms",
        "tests": list(tests),
    }
    (folder / TESTS).write_text(yaml_file.dump(document), encoding="utf-8")


def _failures(ran: Ran) -> Mapping[str, tuple[str, ...]]:
    """What failed in each test, by its name; empty for one that passed."""
    report = _REPORT.search(ran.output)
    if report is None:
        told = ran.output.strip() or f"exit code {ran.code}, and no word"
        raise ObservationError(f"promtool could not test the rules: {told}")
    return {
        case.get("name", ""): tuple(failure.text or "" for failure in case.iter("failure"))
        for case in ET.fromstring(report[0]).iter("testcase")  # noqa: S314 - promtool's own
    }
