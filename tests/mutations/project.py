"""A copy of the project, broken in one way, on which the real suites are run.

Only what the run reads from the checkout is copied: the stack's configuration, the system, the
sample application, the scenarios and the suites. The package itself is the installed one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smokestack.machine import Machine
from smokestack.options import OPTIONS
from smokestack.results import Verdict, worst

ROOT = Path(__file__).parents[2]
COPIED = ("compose", "systems", "fixtures", "scenarios", "suites", "conftest.py", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*cache*", "native", "*.sum")
TOO_BUSY = "timing cannot be told"
"""What a check of time says on a machine that is too busy: unmeasured, not missed."""

LACKED = "this system has no "
"""How the reason begins for which a check of what a system lacks is skipped."""

ATTEMPTS = 3
"""A run is made again that was red for no more than a machine that had too little time for it."""

MOST_BUSY = 0.9
"""Of this machine's CPU time: more was used by what ran beside a run than left room for it. Alone
on two cores a run uses 0.6 to 0.7."""

MOST_STOLEN = 0.05
"""Of it, kept by the host: as much as all of half a second within ten."""

TIMEOUT_S = 400.0
"""No mutation takes a minute, a system with many alerts two or three; whatever hangs is ended."""


@dataclass(frozen=True)
class Edit:
    """In `file`, `old` becomes `new`, as often as `times` says and no other number of times."""

    file: str
    old: str
    new: str
    times: int = 1

    def apply(self, project: Path) -> None:
        """Edit the copy. AssertionError where the file no longer says what was to be broken."""
        path = project / self.file
        text = path.read_text(encoding="utf-8")
        found = text.count(self.old)
        assert found == self.times, (
            f"{self.file} has {self.old!r} {found} times, expected {self.times}: "
            "this mutation no longer bites"
        )
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class NewFile:
    """A file that the mutation adds."""

    file: str
    text: str

    def apply(self, project: Path) -> None:
        """Write it. AssertionError where there is one already."""
        path = project / self.file
        assert not path.exists(), f"{self.file} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text, encoding="utf-8")


@dataclass(frozen=True)
class Outcome:
    """What the suites said: verdict, and everything a person reads of it, by check id."""

    exit_code: int
    verdicts: dict[str, str]
    said: dict[str, str]
    output: str
    seconds: float
    starved: str | None = None
    """Why this machine had too little CPU time for anything to be timed."""
    busy: float = 0.0
    """The share of this machine's CPU time, 0 to 1, that was used while it ran."""
    stolen: float = 0.0
    """The share that its host kept."""
    attempt: int = 1
    """How often it was run until it came out so."""

    @property
    def red(self) -> dict[str, str]:
        """The checks that are not met, though they were asked."""
        fine = ("met", "skipped")
        return {check: v for check, v in self.verdicts.items() if v not in fine}

    @property
    def lacking(self) -> set[str]:
        """The checks that were skipped since the system has no such thing."""
        return {
            check
            for check, verdict in self.verdicts.items()
            if verdict == "skipped" and self.said[check].startswith(LACKED)
        }

    @property
    def contended(self) -> bool:
        """Whether the machine had little time for it."""
        return self.busy > MOST_BUSY or self.stolen > MOST_STOLEN

    @property
    def too_busy(self) -> bool:
        """Whether a check of time could not tell."""
        return any(TOO_BUSY in text for text in self.said.values())


def copy(to: Path) -> Path:
    """A copy of the project as the suites need it."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=LEFT_OUT)
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, to / name)
    return to


def copy_files(names: Iterable[str], to: Path) -> None:
    """Copy those of these files that there are."""
    for name in names:
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)


def run_suites(
    project: Path,
    system: str,
    suites: tuple[str, ...],
    reports: Path,
    environment: Mapping[str, str] | None = None,
    *,
    backend: str = "native",
    only: str = "",
    pace: str = "fast",
    within_s: float = TIMEOUT_S,
) -> Outcome:
    """Run suites in the copy, with nothing of the outer pytest's environment, and read run.json."""
    started, machine = time.monotonic(), Machine()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            *("--stack", backend, "--system", system, "--report-dir", str(reports), "--no-html"),
            *("--pace", pace),
            *(f"suites/test_{suite}.py" for suite in suites),
            *(("-k", only) if only else ()),
        ],
        cwd=project,
        env={**clean_environment(), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    outcome = _outcome(done, reports, started)
    return replace(outcome, starved=machine.short(), busy=machine.busy(), stolen=machine.stolen())


def run_on(file: Path, suites: tuple[str, ...], reports: Path, options: Sequence[str]) -> Outcome:
    """Run suites of this project on a stack that runs already, with nothing of the outer pytest's
    environment. It gives way to that stack: one that is asked from elsewhere is not slowed down.
    """
    started = time.monotonic()
    done = subprocess.run(
        [
            *("nice", "-n", "19", sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            *("--stack", str(file), "--report-dir", str(reports), "--no-html"),
            *options,
            *(f"suites/test_{suite}.py" for suite in suites),
        ],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return _outcome(done, reports, started)


def _outcome(done: subprocess.CompletedProcess[str], reports: Path, started: float) -> Outcome:
    """What a run said, from its run.json."""
    output = done.stdout + done.stderr
    written = reports / "latest" / "run.json"
    assert written.is_file(), f"no run.json, exit code {done.returncode}:\n{output[-4000:]}"
    by_id = _worst_of(json.loads(written.read_text(encoding="utf-8"))["checks"])
    return Outcome(
        exit_code=done.returncode,
        verdicts={ident: of[0]["verdict"] for ident, of in by_id.items()},
        said={ident: "\n".join(map(_said, of)) for ident, of in by_id.items()},
        output=output,
        seconds=time.monotonic() - started,
    )


def run_until_told(
    project: Path,
    system: str,
    suites: tuple[str, ...],
    reports: Path,
    within_s: float = TIMEOUT_S,
) -> Outcome:
    """Run suites that must be green; again where the machine had too little time for them."""
    for _ in range(ATTEMPTS):
        outcome = run_suites(project, system, suites, reports, within_s=within_s)
        if not (outcome.red and (outcome.too_busy or outcome.contended)):
            break
    return outcome


def _worst_of(checks: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The results of each check that have its worst verdict: one is asked of several alerts."""
    all_of: dict[str, list[dict[str, Any]]] = {}
    for check in checks:
        all_of.setdefault(check["id"], []).append(check)
    return {
        ident: [one for one in of if one["verdict"] == worst(Verdict(o["verdict"]) for o in of)]
        for ident, of in all_of.items()
    }


def clean_environment() -> dict[str, str]:
    """What is inherited: nothing that is about the outer pytest, or about a run."""
    ours = {option.variable for option in OPTIONS}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith("PYTEST_")
    }


def _said(check: dict[str, Any]) -> str:
    """Summary and findings, as the terminal shows them."""
    findings = [f"{one['detail']} (lost at: {one['lost_at']})" for one in check["findings"]]
    return "\n".join([check["summary"], *findings])
