"""The metrics of a run are such as Prometheus' own tool takes without a remark."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from smokestack.report import metrics
from smokestack.results import RunResult
from smokestack.stack.binaries import find_binary
from tests.whole_result import checked, everything, hostile, rich


@pytest.mark.parametrize("make", [everything, rich, hostile, checked])
def test_promtool_takes_the_metrics(make: Callable[[], RunResult]) -> None:
    """Names, help and labels, whatever a server said in them."""
    asked = subprocess.run(
        [find_binary("promtool"), "check", "metrics"],
        input=metrics.render(make()),
        text=True,
        capture_output=True,
        check=False,
    )
    assert (asked.returncode, asked.stdout + asked.stderr) == (0, "")
