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


def test_the_first_loss_is_found_and_explained(tmp_path: Path) -> None:
    """Loki takes 60 kB a second: 20 requests a second are 15 kB, 160 are twice what it takes."""
    copied = project.copy(tmp_path / "project")
    Edit(LOKI, "ingestion_rate_mb: 50", "ingestion_rate_mb: 0.06").apply(copied)
    Edit(LOKI, "ingestion_burst_size_mb: 100", "ingestion_burst_size_mb: 0.06").apply(copied)
    steps = ("--start-rate", "20", "--growth", "8", "--max-rate", "160", "--step", "2s")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from smokestack.cli import main; main()", "limits"),
            *("--stack", "native", *steps, "--report-dir", str(tmp_path / "reports")),
        ],
        cwd=copied,
        env=project.clean_environment(),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    [file] = (tmp_path / "reports").glob("*/limits.json")
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
