"""The rules of an SLO: the workbook's windows and burn rates, and the files that ship."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from typer.testing import CliRunner

from smokestack import cli
from smokestack.errors import ConfigError
from smokestack.stack import pace
from smokestack.system import load_system, openslo, slo_rules

ROOT = Path(__file__).parents[2]
SLOS = sorted((ROOT / "systems").glob("*/slo/*.yaml"))
FILES = [
    file for file in SLOS if file.parents[1].joinpath(f"stack/rules/slo-{file.stem}.yml").exists()
]
"""Those whose system ships the rules; one that has only the alerts of its documents ships none."""
AVAILABILITY = ROOT / "systems/reference/slo/availability.yaml"
DAY_S = 86400


def rules(text: str | None = None) -> list[dict[str, Any]]:
    """The rules of the availability SLO, or of another file's text."""
    slo, _ = openslo.read(AVAILABILITY)
    (group,) = yaml.safe_load(text or slo_rules.rule_file(slo))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def rates(days: int) -> list[Decimal]:
    """The four burn rates for a time window, page first."""
    burns = (*slo_rules.PAGE, *slo_rules.TICKET)
    return [burn.rate(days * DAY_S) for burn in burns]


def test_there_are_slos() -> None:
    """Else the tests below would look at nothing."""
    assert {"reference"} == {file.parents[1].name for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_the_file_that_ships_is_what_the_slo_gives(file: Path) -> None:
    """Made anew by `smokestack slo rules systems/<name>/slo/<file>`."""
    shipped = file.parents[1] / "stack" / "rules" / f"slo-{file.stem}.yml"
    made = CliRunner().invoke(cli.app, ["slo", "rules", str(file)])
    assert made.exit_code == 0
    assert made.output == shipped.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_every_alert_is_promised(file: Path) -> None:
    """system.yaml names both alerts of each SLO, with the first threshold."""
    slo, _ = openslo.read(file)
    promised = {a.alert: a for a in load_system(ROOT, file.parents[1].name).alerts}
    for severity, burns in slo_rules.BURNS.items():
        alert = promised[slo_rules.alert_name(slo, severity)]
        assert alert.threshold == float(burns[0].rate(slo.window_s) * slo.budget)
        assert alert.labels["severity"] == severity


def test_the_burn_rates_are_the_workbooks() -> None:
    """14.4, 6, 3 and 1 for thirty days; in proportion for four weeks."""
    assert rates(30) == [Decimal(rate) for rate in ("14.4", "6", "3", "1")]
    assert rates(28) == [Decimal(rate) for rate in ("13.44", "5.6", "2.8", "0.933")]


def test_page_and_ticket_ask_the_workbooks_windows() -> None:
    """Long and short of each, both above the rate times the budget."""
    page, ticket = (rule for rule in rules() if "alert" in rule)
    asked = re.compile(r"ratio_rate(\w+)\{[^}]*\} > \((\S+) \* 0\.01\)")
    assert asked.findall(page["expr"]) == [
        ("1h", "14.4"), ("5m", "14.4"), ("6h", "6"), ("30m", "6"),
    ]  # fmt: skip
    assert asked.findall(ticket["expr"]) == [("1d", "3"), ("2h", "3"), ("3d", "1"), ("6h", "1")]
    assert "for" not in page
    tree = promql_parser.parse(page["expr"])
    assert isinstance(tree, promql_parser.BinaryExpr)
    assert str(tree.op) == "or"


def test_every_window_that_is_asked_is_recorded() -> None:
    """An alert on a series that nobody records would never fire."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked = {
        name
        for rule in rules()
        for name in re.findall(r"slo:[\w:]+", rule["expr"])
        if "alert" in rule
    }
    assert asked == recorded
    assert len(recorded) == len(slo_rules.WINDOWS)


def test_labels_tell_slos_apart() -> None:
    """Recorded series carry the SLO; alerts its own labels and the severity."""
    for rule in rules():
        if "record" in rule:
            assert rule["labels"] == {"slo": "gateway-availability", "service": "gateway"}
        else:
            assert rule["labels"]["team"] == "product"


def test_bad_events_are_counted_as_they_are(tmp_path: Path) -> None:
    """With `bad` instead of `good` nothing is subtracted."""
    file = tmp_path / "slo.yaml"
    text = AVAILABILITY.read_text(encoding="utf-8").replace("        good:", "        bad:")
    file.write_text(text, encoding="utf-8")
    slo, _ = openslo.read(file)
    assert slo_rules.errors(slo, "5m").startswith("(sum(rate(http_requests_total{")
    assert slo_rules.errors(openslo.read(AVAILABILITY)[0], "5m").startswith("1 - (sum(rate(")


def test_all_of_it_can_be_sped_up() -> None:
    """`--pace fast` leaves no rule as shipped, and keeps thresholds."""
    slo, _ = openslo.read(AVAILABILITY)
    document = yaml.safe_load(slo_rules.rule_file(slo))
    assert pace.incompressible(document, "slo.yml") == []
    fast, changes = pace.compress_document("rules", document, 120, "slo.yml")
    assert len(changes) == len(slo_rules.WINDOWS) + 1
    assert "[30s]" in str(fast)
    assert "(14.4 * 0.01)" in str(fast)


def test_a_time_window_that_is_too_short(tmp_path: Path) -> None:
    """Said with its line, by the command too."""
    file = tmp_path / "slo.yaml"
    text = AVAILABILITY.read_text(encoding="utf-8").replace("30d", "7d")
    file.write_text(text, encoding="utf-8")
    line = text[: text.index("7d")].count("\n") + 1
    with pytest.raises(
        ConfigError, match=rf"slo\.yaml:{line}: rules need a time window of 28 days"
    ):
        cli.rules(file)
