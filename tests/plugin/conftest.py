"""The checkout in which the plugin is tried."""

from __future__ import annotations

import os

import pytest

from tests.plugin.checkout import ROOT, Checkout

OF_CI = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI")
FROM_OUTSIDE = ("NO_COLOR", "FORCE_COLOR", "PYTEST_ADDOPTS", "CI", *OF_CI)


@pytest.fixture
def checkout(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A fresh checkout, untouched by what this machine's environment says."""
    for name in [*FROM_OUTSIDE, *(key for key in os.environ if key.startswith("SMOKESTACK_"))]:
        monkeypatch.delenv(name, raising=False)
    for folder in ("compose", "systems"):
        (pytester.path / folder).symlink_to(ROOT / folder, target_is_directory=True)
    pytester.makeini("[pytest]\naddopts = -p no:locust --strict-markers\n")
    return Checkout(pytester)
