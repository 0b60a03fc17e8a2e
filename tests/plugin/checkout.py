"""A small checkout in which pytester runs suites without any server."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]

HEAD = """
import pytest
from smokestack.errors import ObservationError, Unreachable
from smokestack.results import Evidence, Finding, Judgement, Verdict
"""


def check(ident: str, verdict: str = "MET", summary: str = "as expected", more: str = "") -> str:
    """The source of one check that returns a judgement; `more` are further arguments of it."""
    return f"""
@pytest.mark.check("{ident}")
def test_{ident.replace(".", "_").replace("-", "_")}():
    return Judgement(Verdict.{verdict}, "{summary}"{more and ", " + more})
"""


@dataclass(frozen=True)
class Checkout:
    """compose/ and systems/ as in ours, suites of the test's own."""

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        """Its root."""
        return self.pytester.path

    def suite(self, *sources: str, name: str = "test_mine.py") -> None:
        """Write a suite file."""
        (self.path / name).write_text(HEAD + "".join(sources), encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        """`pytest` in this process."""
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """`pytest` in a process of its own."""
        return self.pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    def run_on_terminal(self, environment: Mapping[str, str]) -> str:
        """Everything that `pytest` writes where its output is a terminal."""
        ours, theirs = pty.openpty()
        inherited = {k: v for k, v in os.environ.items() if k != "PY_COLORS"}
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
                cwd=self.path,
                env=inherited | {"TERM": "xterm-256color"} | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
            )
        finally:
            os.close(theirs)
        written = bytearray()
        try:
            with suppress(OSError):  # Linux answers EIO once nobody holds the other end
                while chunk := os.read(ours, 65536):
                    written += chunk
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            os.close(ours)
        return written.decode()

    @property
    def reports(self) -> list[Path]:
        """The folders of runs that left a report."""
        return [path for path in (self.path / "reports").glob("*") if not path.is_symlink()]

    def run_json(self) -> dict[str, Any]:
        """What `reports/latest/run.json` says."""
        file = self.path / "reports" / "latest" / "run.json"
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return data

    def junit(self) -> ET.Element:
        """What `reports/latest/junit.xml` says."""
        return ET.parse(self.path / "reports" / "latest" / "junit.xml").getroot()  # noqa: S314

    def own_system(self, text: str) -> Path:
        """Replace the systems by one of the test's own, called mine."""
        (self.path / "systems").unlink()
        file = self.path / "systems" / "mine" / "system.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        return file
