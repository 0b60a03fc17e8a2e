"""The engine that the tests here need. Without it all of them are skipped; in CI they fail."""

from __future__ import annotations

import os

import pytest

from tests.docker.readiness import why_not


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """An engine that answers, with its compose plugin and every image that can be had."""
    if reason := why_not():
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
