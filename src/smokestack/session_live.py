"""Shows what a session of pytest is at while it runs, where its output is one's own to add to."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import pytest

from smokestack.report.live import Live

LIVE = pytest.StashKey[Live]()


def begin(config: pytest.Config) -> None:
    """Show it from now on, where it may be shown. Nothing is captured yet."""
    if not _may_be(config.option):
        return
    with contextlib.suppress(OSError, ValueError):  # output that is no file
        out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", errors="replace")
        live = config.stash[LIVE] = Live(config.get_terminal_writer(), out)
        live.begin()


def _may_be(option: Any) -> bool:
    """Not where quiet is asked for, nor where tests or a debugger write to the same terminal."""
    return option.verbose >= 0 and option.capture != "no" and not option.usepdb


def at(config: pytest.Config, check: str) -> None:
    """This check is asked from now on."""
    if LIVE in config.stash:
        config.stash[LIVE].at = check


def end(config: pytest.Config) -> None:
    """Show no more; again does nothing."""
    if LIVE in config.stash:
        config.stash[LIVE].end()
