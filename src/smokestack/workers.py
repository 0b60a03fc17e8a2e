"""What becomes of pytest-xdist's `-n`: checks share one stack and one traffic, and are judged on
what was gathered once, so they stay in one process.
"""

from __future__ import annotations

from pathlib import Path

import pytest

IN_ONE = pytest.StashKey[bool]()
SAID = "smokestack: checks share one stack and its traffic, so -n runs them in one process"
REFUSED = (
    "a worker of pytest-xdist cannot share a stack with others\n"
    "  → name the suites, as in `pytest suites/ -n 4`, or run them without -n"
)


def keep_in_one(config: pytest.Config) -> None:
    """Where suites are named, leave pytest-xdist nothing to distribute, whether it has read its
    options already or not.
    """
    among = any("suites" in Path(argument.split("::")[0]).parts for argument in config.args)
    if among and getattr(config.option, "numprocesses", None):
        config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []
        config.stash[IN_ONE] = True


def header(config: pytest.Config) -> list[str]:
    """Say that `-n` was heard."""
    return [SAID] if IN_ONE in config.stash else []


def is_one(config: pytest.Config) -> bool:
    """Whether this is one of several processes of pytest-xdist."""
    return hasattr(config, "workerinput")
