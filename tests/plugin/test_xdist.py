"""`-n` of pytest-xdist is heard: checks share one stack, so they stay in one process."""

from __future__ import annotations

import os

from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]

WHERE = """
import os
@pytest.mark.check("b.where")
def test_where():
    return Judgement(Verdict.MET, str(os.getpid()))
"""


def test_checks_run_in_one_process(checkout: Checkout) -> None:
    """And a line says so; nothing else is other."""
    (checkout.path / "suites").mkdir()
    checkout.suite(check("a.met"), WHERE, name="suites/test_mine.py")
    result = checkout.run("suites/", "-n", "2")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["smokestack: checks share one stack*so -n runs them in one*"])
    assert [one["id"] for one in checkout.run_json()["checks"]] == ["a.met", "b.where"]
    assert checkout.run_json()["checks"][1]["summary"] == str(os.getpid())


def test_a_worker_that_is_handed_checks_refuses(checkout: Checkout) -> None:
    """Where no suites were named, xdist has begun before checks are found."""
    checkout.suite(check("a.met"))
    result = checkout.run("-n", "2")
    assert result.ret != 0
    assert "a worker of pytest-xdist cannot share a stack with others" in result.stdout.str()
    assert not checkout.reports
