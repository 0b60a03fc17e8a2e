"""A stack that plays somebody else's: it runs, and another process than the harness uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smokestack.run import Run
from smokestack.settings import Settings
from smokestack.system import load_system
from tests.mutations import project
from tests.stack.real_stack import ROOT

RUN_S = 60.0
SUITES = tuple(
    f"suites/test_{name}.py"
    for name in ("targets", "logs", "traces", "correlation", "slo", "alerts")
)
"""What is judged on recent data, and who is asked for it."""

SERVERS = ("prometheus", "loki", "alertmanager", "jaeger", "traces-metrics")


@contextmanager
def staged(folder: Path, root: Path = ROOT) -> Iterator[dict[str, str]]:
    """Where each server of a stack answers that has had the ordinary traffic, all of which has
    arrived. It is that of a project, at pace fast; its report goes to `folder`.
    """
    run = Run(Settings(root, "reference", "fast", folder, "native"), load_system(root, "reference"))
    try:
        run.start()
        run.await_first_scrapes()
        loads = [run.load(name) for name in run.system.application.traffic]
        wait(run.gather(loads, None).all)
        roles = run.running.endpoints().by_role
        yield {("jaeger" if role == "traces" else role): one.url for role, one in roles.items()}
    finally:
        run.close(failed=False)


@dataclass(frozen=True)
class Asked:
    """What a read-only run came to."""

    exit_code: int
    output: str
    report: Any

    @property
    def verdicts(self) -> dict[str, str]:
        """Verdicts by check and subject."""
        return {f"{c['id']} {c['subject']}".strip(): c["verdict"] for c in self.report["checks"]}

    @property
    def red(self) -> dict[str, str]:
        """The checks that are neither met nor skipped."""
        fine = ("met", "skipped")
        return {c["id"]: c["verdict"] for c in self.report["checks"] if c["verdict"] not in fine}

    def said_by(self, check: str) -> str:
        """Summaries and findings of a check, of all its subjects."""
        mine = [one for one in self.report["checks"] if one["id"] == check]
        found = [finding["detail"] for one in mine for finding in one["findings"]]
        return "\n".join([*(one["summary"] for one in mine), *found])


def stack_file(folder: Path, addresses: Mapping[str, str], *more: str) -> Path:
    """The file of a stack that answers there, at servers that may be asked."""
    lines = [f"  {name}: {{url: '{addresses[name]}'}}" for name in SERVERS]
    file = folder / "staging.yaml"
    said = ("system: reference", "without: [cadvisor, container-logs]", "limits: {rate: 100}")
    quick = "waits: {logs: 1s, traces: 1s}"
    file.write_text("\n".join([*said, quick, *more, "endpoints:", *lines, ""]), encoding="utf-8")
    return file


def asked(file: Path, suites: Sequence[str], *more: str) -> Asked:
    """Run suites on a stack that only its file tells of."""
    reports = file.parent / "reports"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *suites, "-q", "-p", "no:cacheprovider", "--no-html",
         f"--stack={file}", f"--report-dir={reports}", *more],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env=project.clean_environment(),
    )  # fmt: skip
    report = json.loads((reports / "latest" / "run.json").read_text(encoding="utf-8"))
    return Asked(done.returncode, done.stdout + done.stderr, report)
