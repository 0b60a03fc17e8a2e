"""Writes JUnit XML: missed is a failure, unmeasured an error, so that no CI takes it for a pass."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from smokestack.report.text import details, printable
from smokestack.results import CheckResult, RunResult, Verdict

TAGS = {Verdict.MISSED: "failure", Verdict.UNMEASURED: "error", Verdict.SKIPPED: "skipped"}


def write(result: RunResult, folder: Path) -> Path:
    """Write `junit.xml` beside `run.json`."""
    root = ET.Element("testsuites", name=f"smokestack {result.system}")
    by_suite: dict[str, list[CheckResult]] = {}
    for check in result.checks:
        by_suite.setdefault(check.suite, []).append(check)
    for suite, checks in by_suite.items():
        counts = {tag: sum(TAGS.get(c.verdict) == tag for c in checks) for tag in TAGS.values()}
        element = ET.SubElement(
            root,
            "testsuite",
            name=suite,
            tests=str(len(checks)),
            failures=str(counts["failure"]),
            errors=str(counts["error"]),
            skipped=str(counts["skipped"]),
            time=f"{sum(c.duration_s for c in checks):.3f}",
        )
        for check in checks:
            _case(element, check)
    target = folder / "junit.xml"
    ET.indent(root)
    ET.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
    return target


def _case(parent: ET.Element, check: CheckResult) -> None:
    name = f"{check.id}[{check.subject}]" if check.subject else check.id
    case = ET.SubElement(
        parent,
        "testcase",
        classname=f"smokestack.{check.suite}",
        name=name,
        time=f"{check.duration_s:.3f}",
    )
    if tag := TAGS.get(check.verdict):
        message = printable(check.judgement.summary)
        ET.SubElement(case, tag, message=message).text = "\n".join(details(check))
