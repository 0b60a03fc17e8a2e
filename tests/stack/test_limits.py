"""`smokestack limits` on a real stack: the first loss is found, and the hop that broke named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.mutations import project
from tests.mutations.project import Edit

LOKI = "compose/loki/loki.yml"
WITHIN_S = 240.0
"""Seconds on the busiest machine; it takes about twenty."""


def limits(checkout: Path, reports: Path) -> subprocess.CompletedProcess[str]:
    """Two steps: 20 requests a second, and 80."""
    steps = ("--start-rate", "20", "--growth", "4", "--max-rate", "80", "--step", "3s")
    return subprocess.run(
        [
            *(sys.executable, "-c", "from smokestack.cli import main; main()", "limits"),
            *("--stack", "native", *steps, "--report-dir", str(reports)),
        ],
        cwd=checkout,
        env=project.clean_environment(),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def test_the_first_loss_is_found_and_explained(tmp_path: Path) -> None:
    """Loki takes 30 kB a second: 20 requests a second are 15 kB, 80 are twice what it takes."""
    copied = project.copy(tmp_path / "project")
    Edit(LOKI, "ingestion_rate_mb: 50", "ingestion_rate_mb: 0.03").apply(copied)
    Edit(LOKI, "ingestion_burst_size_mb: 100", "ingestion_burst_size_mb: 0.04").apply(copied)
    for attempt in range(project.ATTEMPTS):
        reports = tmp_path / f"reports-{attempt}"
        done = limits(copied, reports)
        said = done.stdout + done.stderr
        if "the machine was the limit" not in said:
            break
    assert done.returncode == 0, said
    [file] = reports.glob("*/limits.json")
    found = json.loads(file.read_text(encoding="utf-8"))
    assert [one["came"] for one in found["steps"]] == ["clean", "lost"], said
    assert 19 < found["clean_up_to"] < 21
    assert found["lost_at"] > 21
    assert found["first"]["signal"] == "logs"
    assert found["first"]["where"].startswith("loki discarded ")
    assert "lines: rate_limited" in found["first"]["where"]
    assert {loss["signal"] for loss in found["steps"][1]["losses"]} == {"logs"}
    assert f"the pipeline loses at {found['lost_at']:.0f} requests/s: logs: loki" in done.stdout
    assert "nothing was lost up to 20/s" in done.stdout.replace("\n", " ")
