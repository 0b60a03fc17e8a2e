"""docs/tutorial.md, followed word for word: its commands are run, its files written, its change
made, and what it shows of each is what is said.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.docs.guide import checks
from tests.docs.pages import ROOT
from tests.mutations import project

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
RUN_S = 300.0
"""Seconds in which a command is over on the busiest machine; a run takes about twelve."""

BLOCK = re.compile(r"^```(sh|text|diff|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(mine/[^`]+)`")
SECTION = re.compile(r"^## ", re.MULTILINE)


@dataclass
class Reader:
    """Somebody who does what the page says, in a checkout of their own."""

    checkout: Path
    said: str = ""
    code: int = 0
    change: str = ""
    shown: list[tuple[str, str]] = field(default_factory=list)

    def follow(self) -> None:
        """Do all of it, and keep what is shown beside what was said."""
        for section in SECTION.split(PAGE):
            for kind, text in BLOCK.findall(section):
                getattr(self, f"_{kind}")(text, section)
            if self.change:  # what the page says at the end of that section
                self._patch(self.change, "-R")
                self.change = ""

    def _sh(self, text: str, _: str) -> None:
        done = subprocess.run(
            ["bash", "-ec", text],
            cwd=self.checkout,
            env={
                **project.clean_environment(),
                "SMOKESTACK_STACK": "native",
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
        )
        self.said, self.code = done.stdout + done.stderr, done.returncode

    def _text(self, text: str, _: str) -> None:
        self.shown.append((text, self.said))

    def _diff(self, text: str, _: str) -> None:
        self.change = text
        self._patch(text)

    def _patch(self, text: str, *options: str) -> None:
        argv = ["git", "apply", *options]
        subprocess.run(argv, cwd=self.checkout, input=text, text=True, check=True)

    def _python(self, text: str, section: str) -> None:
        [file] = FILE.findall(section.split("```python", maxsplit=1)[0])
        (self.checkout / file).parent.mkdir(exist_ok=True)
        (self.checkout / file).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has come to the end."""
    checkout = project.copy(tmp_path_factory.mktemp("tutorial") / "smokestack")
    (checkout / "docs").symlink_to(ROOT / "docs")
    one = Reader(checkout)
    one.follow()
    yield one
    (checkout / "docs").unlink()


def test_every_command_says_what_the_page_shows(reader: Reader) -> None:
    """The same checks with the same verdicts; what is shown of a failure is there, but for figures
    and names of the moment.
    """
    assert len(reader.shown) == 5
    for shown, said in reader.shown:
        listed = checks(shown)
        assert [one for one in listed if one not in checks(said)] == [], said[-6000:]
        if not listed:
            assert _lines(shown) <= _lines(said), said[-6000:]


def test_all_of_a_green_run_is_shown(reader: Reader) -> None:
    """No check of the first run is kept from the reader."""
    shown, said = reader.shown[0]
    assert checks(shown) == checks(said)


def test_the_change_names_where_lines_were_lost(reader: Reader) -> None:
    """What the page promises of it is in the same words."""
    shown, said = reader.shown[2]
    lost = next(line for line in shown.splitlines() if "lost at:" in line)
    assert lost in said


def test_the_check_is_red_at_the_end(reader: Reader) -> None:
    """Missed, exit code 1."""
    assert reader.code == 1
    assert "✗ MISSED  1 missed" in reader.said


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}
