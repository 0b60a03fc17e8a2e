"""Each system's README maps its promises to checks that exist; its dashboards can be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from tests.docs.pages import ROOT, table
from tests.docs.test_checks_pages import IN_SUITES

READMES = sorted((ROOT / "systems").glob("*/README.md"))
DASHBOARDS = sorted((ROOT / "systems").glob("*/stack/dashboards/*.json"))
IDS = set(IN_SUITES)
SUITES = {ident.partition(".")[0] for ident in IDS}
HEADING = "## Promises and their checks"
NO_CHECK = ("Not ", "Open", "Configured", "Gone", "Skipped", "Shipped")


def name(path: Path) -> str:
    """A file as the test's id has it."""
    return path.relative_to(ROOT / "systems").as_posix()


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_every_promise_has_a_check_or_a_reason(readme: Path) -> None:
    """The last cell names check ids that exist, or begins with why there is none."""
    rows = table(readme.read_text(encoding="utf-8"), HEADING)
    assert len(rows) > 10
    for promise, _, check in rows:
        named = {
            ident
            for ident in re.findall(r"`([a-z]+\.[a-z-]+)`", check)
            if ident.partition(".")[0] in SUITES
        }
        assert named <= IDS, promise
        assert named or check.startswith(NO_CHECK), promise


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_every_check_that_the_system_is_asked_is_promised_somewhere(readme: Path) -> None:
    """Suites that a README never mentions were forgotten."""
    text = readme.read_text(encoding="utf-8")
    assert {ident.partition(".")[0] for ident in IDS if f"`{ident}`" in text} >= {
        "targets", "metrics", "logs", "latency",
    }  # fmt: skip


@pytest.mark.parametrize("file", DASHBOARDS, ids=name)
def test_dashboards_ask_what_can_be_asked(file: Path) -> None:
    """Every panel has a data source that is provisioned and a query; PromQL is sound."""
    dashboard: Any = json.loads(file.read_text(encoding="utf-8"))
    assert dashboard["uid"] == file.stem
    assert dashboard["panels"]
    for panel in dashboard["panels"]:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            kind = target["datasource"]["type"]
            assert target["datasource"]["uid"] == kind
            if kind == "prometheus":
                promql_parser.parse(target["expr"])


def test_clientforge_has_the_three_panels_of_its_documents() -> None:
    """Their titles are the ADR's."""
    file = ROOT / "systems/clientforge/stack/dashboards/clientforge-backend.json"
    dashboard: Any = json.loads(file.read_text(encoding="utf-8"))
    assert dashboard["title"] == "ClientForge Backend - Overview"
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert titles == ["HTTP Request Rate", "Response Time p95", "Error Logs"]
