"""docs/report.md names the formats, metrics and events that there are, and no others."""

from __future__ import annotations

import re

from smokestack.report.metrics import FAMILIES
from smokestack.report_commands import FORMS
from tests.docs.pages import ROOT, table

PAGE = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")


def words(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def test_formats() -> None:
    """All that `smokestack report` knows."""
    assert [words(row[0])[0] for row in table(PAGE, "### Formats")] == list(FORMS)


def test_metrics() -> None:
    """Each with its labels."""
    said = {words(row[0])[0]: words(row[1]) for row in table(PAGE, "## Metrics of the run")}
    assert said.pop("smokestack_measurement_budget") == []
    real = {name: list(labels) for name, (_, labels) in FAMILIES.items()}
    assert real.pop("smokestack_measurement_budget") == real["smokestack_measurement"]
    assert said == real


def test_events() -> None:
    """Each that the code tells."""
    said = {words(row[0])[0] for row in table(PAGE, "## Watching a run")}
    code = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "src" / "smokestack").rglob("*.py")
    )
    assert said == set(re.findall(r'\btell\(\s*"([a-z-]+)"', code))
