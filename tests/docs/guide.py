"""docs/your-own-system.md, read: the files that it has its reader write, and what may go wrong.

`python -m tests.docs.guide` writes the run as it is now into the page. Look at the difference.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT
from tests.mutations import project

PAGE = ROOT / "docs" / "your-own-system.md"
SYSTEM = "shop"
RUN_S = 300.0
"""Seconds in which a run is over on the busiest machine; it takes about thirty."""
STATIC = ("suites/", "--system", SYSTEM)
"""The command of what is told before anything is started."""

_FILE = re.compile(
    r"^`(systems/[^`\n]+)`(?:, below that)?:\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_RUN = re.compile(r"^```text\n(✓  .*?)\n```$", re.MULTILINE | re.DOTALL)
_EDIT = re.compile(
    r"^In `([^`\n]+)`, `([^`\n]+)` becomes `([^`\n]+)`(?:, and `pytest ([^`\n]+)` says)?:\n\n"
    r"```text\n(.*?)\n```$",
    re.MULTILINE | re.DOTALL,
)
_NEW = re.compile(
    r"^With the new file `([^`\n]+)`:\n\n```\w*\n(.*?)^```\n\n```text\n(.*?)\n```$",
    re.MULTILINE | re.DOTALL,
)
_LEFT_OUT = re.compile(r", \d+ skipped$")
"""The system lacks it: each part that is new to system.yaml would change the page."""
_LINE = re.compile(r"^([✓✗?-])  (\S+\.\S+)(?: (\S[^\n]*?))?  +\S.*$", re.MULTILINE)


@dataclass(frozen=True)
class Wrong:
    """A change that makes the system wrong, and what the page says is then said. Without `old`
    the file is a new one.
    """

    file: str
    old: str
    new: str
    command: tuple[str, ...]
    says: str

    @property
    def name(self) -> str:
        """As a test has it."""
        return f"{Path(self.file).name}: {self.new.strip().splitlines()[0][:40]}"

    def apply(self, folder: Path) -> None:
        """Change a copy. AssertionError where the page no longer has what is to be changed."""
        if self.old:
            project.Edit(self.file, self.old, self.new).apply(folder)
        else:
            project.NewFile(self.file, self.new).apply(folder)


def read() -> str:
    """The page."""
    return PAGE.read_text(encoding="utf-8")


def files(text: str) -> dict[str, str]:
    """Every file of the system, its parts put together in their order."""
    found: dict[str, str] = {}
    for file, part in _FILE.findall(text):
        found[file] = found.get(file, "") + part
    return found


def wrongs(text: str) -> list[Wrong]:
    """Everything that the page says may go wrong."""
    edits = [
        Wrong(file, old, new, tuple(command.split()) or STATIC, says)
        for file, old, new, command, says in _EDIT.findall(text)
    ]
    return edits + [Wrong(file, "", new, STATIC, says) for file, new, says in _NEW.findall(text)]


def outcome(text: str) -> str:
    """What the page shows of a run."""
    found = _RUN.search(text)
    assert found, "the page shows no run"
    return found[1]


def checks(text: str) -> list[tuple[str, str, str]]:
    """Verdict's sign, id and subject of every check in a terminal's output."""
    return [(sign, ident, (what or "").strip()) for sign, ident, what in _LINE.findall(text)]


def make(folder: Path) -> Path:
    """A copy of the checkout with the page's system, and no other."""
    copied = project.copy(folder)
    for other in (copied / "systems").iterdir():
        shutil.rmtree(other)
    for file, text in files(read()).items():
        path = copied / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return copied


def run(copied: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """`pytest …` in the copy, natively."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *command),
            *("--stack", "native", "--report-dir", str(copied.parent / "reports")),
        ],
        cwd=copied,
        env=project.clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_S,
    )


def said(copied: Path, done: subprocess.CompletedProcess[str]) -> str:
    """What a run said, with the copy's own path as the page has it."""
    return (done.stdout + done.stderr).replace(f"{copied}/", "…/")


def _anew(text: str, folder: Path) -> str:
    """The page with what a run shows now."""
    copied = make(folder / "project")
    shown = said(copied, run(copied, STATIC))
    lines = shown[shown.index("✓  ") : shown.index("\nreport: ")].splitlines()
    kept = [_LEFT_OUT.sub(", …", line.rstrip()) for line in lines if not line.startswith("-  ")]
    return text.replace(outcome(text), "\n".join(kept))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        PAGE.write_text(_anew(read(), Path(place)), encoding="utf-8")
