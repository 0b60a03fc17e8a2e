"""Writes JUnit XML: missed is a failure, unmeasured an error, so that no CI takes it for a pass.

Readers differ in what they show: GitLab the text of a failure and the test's file, Jenkins the
properties too. So what explains a check (the cause it shares, a link to its evidence) stands in
both.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from smokestack.report.causes import Shared, causes
from smokestack.report.files import written
from smokestack.report.html import link_to
from smokestack.report.text import details, printable
from smokestack.results import CheckResult, RunResult, Verdict

TAGS = {Verdict.MISSED: "failure", Verdict.UNMEASURED: "error", Verdict.SKIPPED: "skipped"}
Causes = Mapping[int, Shared]
"""The cause of each check that is not met, by the check's `id()`."""


def write(result: RunResult, folder: Path) -> Path:
    """Write `junit.xml` beside `run.json`, whole or not at all. Raises UsageError."""
    return written(folder / "junit.xml", render(result))


def render(result: RunResult) -> str:
    """The whole file."""
    found = causes(result.checks)
    of = {id(check): cause for cause in found for check in cause.checks}
    root = ET.Element("testsuites", name=f"smokestack {result.system}")
    by_suite: dict[str, list[CheckResult]] = {}
    for check in result.checks:
        by_suite.setdefault(check.suite, []).append(check)
    for suite, checks in by_suite.items():
        element = ET.SubElement(root, "testsuite", _counted(result, suite, checks))
        _properties(element, _of_run(result, found))
        for check in checks:
            _case(element, check, of)
    ET.indent(root)
    text = io.StringIO()
    ET.ElementTree(root).write(text, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text.getvalue()}\n'


def _counted(result: RunResult, suite: str, checks: list[CheckResult]) -> dict[str, str]:
    counts = {tag: sum(TAGS.get(c.verdict) == tag for c in checks) for tag in TAGS.values()}
    began = datetime.fromtimestamp(result.started_at, UTC)
    return {
        "name": suite,
        "tests": str(len(checks)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": str(counts["skipped"]),
        "time": f"{sum(c.duration_s for c in checks):.3f}",
        "timestamp": began.isoformat(timespec="seconds"),
    }


def _of_run(result: RunResult, found: list[Shared]) -> Iterator[tuple[str, str]]:
    yield "smokestack.run", result.run_id
    yield "smokestack.system", result.system
    yield "smokestack.pace", result.pace
    if result.stack:
        yield "smokestack.backend", result.stack.backend
    yield from (("smokestack.cause", one.title) for one in found if not one.is_own)


def _properties(parent: ET.Element, of: Iterator[tuple[str, str]]) -> None:
    element = ET.SubElement(parent, "properties")
    for name, value in of:
        ET.SubElement(element, "property", name=name, value=printable(value))


def _case(parent: ET.Element, check: CheckResult, of: Causes) -> None:
    name = f"{check.id}[{check.subject}]" if check.subject else check.id
    attributes = {"classname": f"smokestack.{check.suite}", "name": name}
    if check.file:
        attributes |= {"file": check.file, "line": str(check.line or 1)}
    attributes |= {"time": f"{check.duration_s:.3f}"}
    case = ET.SubElement(parent, "testcase", _clean(attributes))
    cause = of.get(id(check))
    _properties(case, _of_check(check, cause))
    if tag := TAGS.get(check.verdict):
        lines = [*_shared(cause), *details(check)]
        if cause:
            lines.append(f"evidence: {link_to(check)}, beside this file")
        message = printable(check.judgement.summary)
        ET.SubElement(case, tag, message=message).text = "\n".join(map(printable, lines))


def _clean(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: printable(value) for name, value in attributes.items()}


def _of_check(check: CheckResult, cause: Shared | None) -> Iterator[tuple[str, str]]:
    yield "smokestack.verdict", check.verdict.value
    if check.question:
        yield "smokestack.question", check.question
    if cause and not cause.is_own:
        yield "smokestack.cause", cause.title
    yield "smokestack.evidence", link_to(check)


def _shared(cause: Shared | None) -> Iterator[str]:
    """The cause that a check has in common with others."""
    if cause and not cause.is_own:
        others = len(cause.checks) - 1
        also = f", as of {others} other check{'s' if others != 1 else ''}" if others else ""
        yield f"cause: {cause.title}{also}"
