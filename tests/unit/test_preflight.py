"""Rules and system.yaml go together, or it is said before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack import yaml_file
from smokestack.drive.preflight import require_alerts, rules_in
from smokestack.errors import ConfigError
from smokestack.yaml_file import Document
from tests.unit.judged import SYSTEM

RULE = "groups:\n  - name: a\n    rules:\n      - alert: {alert}\n        expr: {expr}\n"


def rules(folder: Path, alert: str = "Errors", expr: str = "x > 1", name: str = "a.yml") -> Path:
    """A file with one rule: its alert is in line 4."""
    file = folder / name
    file.write_text(RULE.format(alert=alert, expr=expr), encoding="utf-8")
    return file


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """What is asked for its lines: the one alert of the small system is in line 3."""
    file = tmp_path / "system.yaml"
    file.write_text("system: small\nalerts:\n  - alert: Errors\n", encoding="utf-8")
    return yaml_file.read(file)


def refused(document: Document, *files: Path) -> list[str]:
    """What is wrong, a line each, with paths cut to their names."""
    with pytest.raises(ConfigError) as caught:
        require_alerts(SYSTEM, document, files)
    return [
        line.replace(f"{document.path.parent}/", "") for line in caught.value.message.splitlines()
    ]


def test_what_goes_together_is_not_mentioned(tmp_path: Path, document: Document) -> None:
    """Recording rules and empty files are no alerts."""
    empty = tmp_path / "empty.yml"
    empty.write_text("", encoding="utf-8")
    record = tmp_path / "record.yml"
    record.write_text(RULE.replace("alert:", "record:").format(alert="r", expr="x"))
    require_alerts(SYSTEM, document, [rules(tmp_path), empty, record])
    assert [rule.alert for rule in rules_in([record])] == [""]


def test_a_misspelt_alert_is_told_with_what_may_be_meant(
    tmp_path: Path, document: Document
) -> None:
    """On both sides, with file and line."""
    assert refused(document, rules(tmp_path, alert="Erors")) == [
        (
            "system.yaml:3: alerts[0].alert: no rule has the alert 'Errors'; "
            "did you mean 'Erors', at a.yml:4?"
        ),
        "a.yml:4: the alert 'Erors' is not under `alerts` in system.yaml",
    ]


def test_an_alert_without_a_rule_and_a_rule_without_an_alert(
    tmp_path: Path, document: Document
) -> None:
    """Each is told alone."""
    assert refused(document) == ["system.yaml:3: alerts[0].alert: no rule has the alert 'Errors'"]
    other = rules(tmp_path, alert="DiskFull", name="b.yml")
    assert refused(document, rules(tmp_path), other) == [
        "b.yml:4: the alert 'DiskFull' is not under `alerts` in system.yaml"
    ]


def test_an_expression_that_is_not_promql(tmp_path: Path, document: Document) -> None:
    """With the line of the expression."""
    (fault,) = refused(document, rules(tmp_path, expr="rate(x[5m] > 1"))
    assert fault.startswith("a.yml:5: Errors: not PromQL: ")
