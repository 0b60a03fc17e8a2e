"""A running stack of which only a Grafana can be reached: all is asked through its data sources.

The Grafana is `small_grafana`, whose proxy asks the real servers; the token is a Viewer's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stack.grafana_beside import grafana_beside
from tests.stack.real_stack import ROOT, plan, started

RUN_S = 60.0
TOKEN = "glsa_a-t0ken-of-the-test"  # noqa: S105 - known to this test alone
NARROW = "glsa_not-for-logs"
TOKENS = {
    TOKEN: {"role": "Viewer", "lists": True},
    NARROW: {"role": "Viewer", "lists": True, "may": ["prometheus", "tempo", "alertmanager"]},
}
LASTING = (
    "up or clock or families or naming or cardinality or retention or schema or health "
    "or backup or content or alive"
)
"""What can be met at this pace, and without traffic of the run's own."""
FEW = "up or schema"
NAMED = "sources: {{prometheus: {{uid: prometheus}}, loki: {{uid: {loki}}}}}\n"


@dataclass(frozen=True)
class Staging:
    """The address of the Grafana, and what it was asked."""

    url: str
    asked: list[tuple[str, str]]


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    """A real stack that had some traffic, and a Grafana that leads to it."""
    folder = tmp_path_factory.mktemp("staging")
    with started(plan(folder / "keep")) as stack:
        behind = {name: one.url for name, one in stack.endpoints().by_role.items()}
        for _ in range(25):
            httpx.get(f"{behind['gateway']}/api/work", timeout=10)
        sources: list[dict[str, Any]] = [
            {"uid": "prometheus", "type": "prometheus", "url": behind["prometheus"],
             "isDefault": True},
            {"uid": "loki", "type": "loki", "url": behind["loki"]},
            {"uid": "tempo", "type": "jaeger", "url": behind["traces"]},
            {"uid": "alertmanager", "type": "alertmanager", "url": behind["alertmanager"],
             "jsonData": {"implementation": "prometheus"}},
        ]  # fmt: skip
        there = [{"name": one["uid"].title(), "editable": False, **one} for one in sources]
        shown = {"smokestack": ROOT / "systems" / "reference" / "stack" / "dashboards"}
        with grafana_beside(folder / "grafana", there, TOKENS, dashboards=shown) as (url, asked):
            yield Staging(url, asked)


def stack_file(staging: Staging, folder: Path, sources: str = "") -> Path:
    """A file that knows no more than the Grafana."""
    file = folder / "via.yaml"
    file.write_text(
        "system: reference\nwithout: [cadvisor, container-logs]\nlimits: {rate: 50}\n"
        f"via: grafana\n{sources}endpoints:\n"
        f"  grafana: {{url: '{staging.url}', bearer: {{env: GRAFANA_TOKEN}}}}\n"
    )
    return file


def ran(
    staging: Staging, folder: Path, which: str, token: str = TOKEN, sources: str = ""
) -> tuple[int, str, Any]:
    """The exit code, output and `run.json` (None without one) of a run of all suites."""
    staging.asked.clear()
    file = stack_file(staging, folder, sources)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "suites/", "-q", "-p", "no:cacheprovider",
         f"--stack={file}", f"--report-dir={folder / 'reports'}", "-k", which],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env={**os.environ, "GRAFANA_TOKEN": token},
    )  # fmt: skip
    said = folder / "reports" / "latest" / "run.json"
    report = json.loads(said.read_text(encoding="utf-8")) if said.is_file() else None
    return done.returncode, done.stdout + done.stderr, report


def verdicts(report: Any) -> dict[str, str]:
    """Verdicts by check and subject."""
    return {f"{c['id']} {c['subject']}".strip(): c["verdict"] for c in report["checks"]}


def test_a_run_through_grafana_alone(staging: Staging, tmp_path: Path) -> None:
    """Each server is asked, all is read, and every call is in the report."""
    code, output, report = ran(staging, tmp_path, LASTING)
    assert code == 0, output
    found = verdicts(report)
    assert {name for name, verdict in found.items() if verdict == "met"} >= {
        "targets.up", "targets.clock-skew", "metrics.families", "metrics.naming",
        "metrics.cardinality", "configuration.retention metrics", "configuration.retention logs",
        "configuration.schema", "grafana.health", "grafana.backup", "dashboards.content",
        "alerts.alive HighErrorRate",
    }  # fmt: skip
    assert set(found.values()) == {"met", "skipped"}
    assert sum(call["count"] for call in report["calls"]) == len(staging.asked)
    posted = {path for method, path in staging.asked if method != "GET"}
    assert posted <= {"/api/ds/query"}
    assert {path.split("/")[5] for _, path in staging.asked if "/proxy/uid/" in path} == {
        "prometheus", "loki", "tempo", "alertmanager",
    }  # fmt: skip
    assert TOKEN not in json.dumps(report) + output


def test_a_wrong_token_is_told_so(staging: Staging, tmp_path: Path) -> None:
    """Nothing is missed: nothing could be asked."""
    code, output, report = ran(staging, tmp_path, FEW, token="glsa_wr0ng")  # noqa: S106
    assert code == 6, output
    assert set(verdicts(report).values()) <= {"unmeasured", "skipped"}
    assert "with status 401" in output
    assert "is the token or password right" in output
    assert "wr0ng" not in output


@pytest.mark.parametrize(
    ("token", "sources", "said"),
    [
        (NARROW, "", ("status 403, Access denied to datasource", "`datasources:query`")),
        (TOKEN, NAMED.format(loki="gone"), ("status 404, Unable to find datasource", "`sources`")),
    ],
    ids=["a token without rights", "an unknown uid"],
)
def test_a_data_source_that_cannot_be_asked(
    staging: Staging, tmp_path: Path, token: str, sources: str, said: tuple[str, ...]
) -> None:
    """What it leads to is unmeasured, and says what to do; the rest is judged."""
    code, output, report = ran(staging, tmp_path, FEW, token, sources)
    assert code == 6, output
    found = verdicts(report)
    assert (found["targets.up"], found["configuration.schema"]) == ("met", "unmeasured")
    assert "missed" not in found.values()
    for words in said:
        assert words in output


def test_what_the_file_does_not_say_ends_it_before_it_begins(
    staging: Staging, tmp_path: Path
) -> None:
    """A name that Grafana does not have is a usage error, with those that it has."""
    code, output, report = ran(staging, tmp_path, FEW, sources="sources: {prometheus: {name: x}}\n")
    assert (code, report) == (4, None)
    assert "no data source 'x'; there are:" in output.replace("\n  → ", "; ")
    assert "Loki (loki, uid loki)" in output


def test_doctor_says_what_leads_where(staging: Staging, tmp_path: Path) -> None:
    """Which data source is asked for what, and that each answers."""
    file = stack_file(staging, tmp_path)
    done = subprocess.run(
        [Path(sys.executable).with_name("smokestack"), "doctor", "--stack", file],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env={**os.environ, "GRAFANA_TOKEN": TOKEN},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "loki: Loki" in done.stdout
    assert "prometheus, version: 3." in done.stdout
