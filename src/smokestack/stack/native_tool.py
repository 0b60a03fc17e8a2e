"""Runs a program that comes with a server, such as promtool with Prometheus, to its end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from smokestack.errors import StackError
from smokestack.processes import Ran
from smokestack.stack.supervised import clean_environment

TOOL_S = 120.0
"""Seconds in which a tool must have ended. promtool takes 0.1 s for a rule."""


def run_program(program: Path, arguments: Sequence[str], folder: Path) -> Ran:
    """Run it in a folder. Raises StackError where it cannot be run or does not end."""
    try:
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=clean_environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=TOOL_S,
        )
    except OSError as error:
        raise StackError(f"{program} cannot be run: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise StackError(f"{program} did not end within {TOOL_S:g} s") from error
    return Ran(done.returncode, done.stdout)
