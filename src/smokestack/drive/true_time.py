"""Has promtool run alerting rules, as they ship, at their real durations.

Nothing is divided and nothing waits: promtool steps through hours in milliseconds. Inputs of one
step and of the same rule files are one file of tests, since promtool evaluates all rules of a file
at one interval: what looks back three days would take minutes at that of a `for` of a minute.
"""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from smokestack import yaml_file
from smokestack.alerting import RuleProof
from smokestack.drive.rule_files import needed
from smokestack.drive.rule_tests import RuleTests, asked_by
from smokestack.errors import ObservationError
from smokestack.processes import Ran
from smokestack.system import Alert

RULES = "rules"
_REPORT = re.compile(r"<testsuites>.*</testsuites>", re.DOTALL)

RunTool = Callable[[str, Sequence[str], Path], Ran]
"""Runs a program with arguments in a folder."""


def prove(
    alerts: Sequence[Alert], rules: Sequence[Path], folder: Path, run: RunTool
) -> Mapping[str, tuple[RuleProof, ...]]:
    """Ask promtool about every alert that input is given for: one proof for each input. `folder`
    is for its files.

    Raises ObservationError where promtool could not read them, StackError where it cannot run.
    """
    tests = [one for alert in alerts for one in _of(alert)]
    if not tests:
        return {}
    files = _written(tests, rules, folder)
    failures = _failures(run("promtool", ["test", "rules", "--junit=/dev/stdout", *files], folder))
    proofs: dict[str, tuple[RuleProof, ...]] = defaultdict(tuple)
    file_of = {one.name: file for file, inputs in files.items() for one in inputs}
    for one in tests:
        proofs[one.alert.alert] += (RuleProof(_by_question(one, failures), file_of[one.name]),)
    return dict(proofs)


def _of(alert: Alert) -> Iterator[RuleTests]:
    for number, given in enumerate(alert.true_time, 1):
        several = f" ({number})" if len(alert.true_time) > 1 else ""
        yield RuleTests(alert, given, alert.alert + several)


def _by_question(
    tests: RuleTests, failures: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """What failed of each question; what promtool says of none fails all that it was asked with."""
    return {
        question: tuple(text for text in failures[name] if asked_by(text) in (question, None))
        for name, questions in tests.questions().items()
        for question in questions
    }


def _written(
    tests: Iterable[RuleTests], rules: Sequence[Path], folder: Path
) -> Mapping[str, list[RuleTests]]:
    """Files of tests by name, written into a folder that promtool can be run in wherever it is: the
    rules are copied into it.
    """
    copies = _copied(rules, folder)
    alike: dict[tuple[float, tuple[str, ...]], list[RuleTests]] = defaultdict(list)
    for one in tests:
        wanted = tuple(copies[file] for file in needed({one.alert.alert}, rules))
        alike[one.every_s, wanted].append(one)
    files = {}
    for number, ((every_s, wanted), inputs) in enumerate(alike.items(), 1):
        document = {
            "rule_files": list(wanted),
            "evaluation_interval": f"{every_s * 1000:.0f}ms",
            "tests": [test for one in inputs for test in (one.below(), one.above())],
        }
        files[f"tests-{number}.yml"] = inputs
        (folder / f"tests-{number}.yml").write_text(yaml_file.dump(document), encoding="utf-8")
    return files


def _copied(rules: Sequence[Path], folder: Path) -> Mapping[Path, str]:
    """Each rule file's copy in a folder that promtool can be run in wherever it is."""
    (folder / RULES).mkdir(parents=True, exist_ok=True)
    copies = {file: f"{RULES}/{number}-{file.name}" for number, file in enumerate(rules)}
    for file, copy in copies.items():
        shutil.copyfile(file, folder / copy)
    return copies


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
