"""Tests that start native servers are skipped where these cannot be built: without Go."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from smokestack.stack.binaries import missing

HERE = Path(__file__).parent
NATIVE = (
    HERE / "stack",
    HERE / "mutations",
    HERE / "docs" / "test_example.py",
    HERE / "docs" / "test_your_own_system.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them with the reason, and the command that would make them run; never in CI."""
    if shutil.which("go") or os.environ.get("CI") == "true" or not (lacking := missing()):
        return
    reason = f"native servers are not installed ({', '.join(lacking)}); with Go: smokestack install"
    for item in items:
        if any(item.path.is_relative_to(place) for place in NATIVE):
            item.add_marker(pytest.mark.skip(reason=reason))
