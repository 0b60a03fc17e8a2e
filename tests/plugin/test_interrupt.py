"""Ctrl-C leaves a partial report and pytest's own exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]

INTERRUPTED = """
@pytest.mark.check("b.interrupted")
def test_b_interrupted():
    raise KeyboardInterrupt
"""
TERMINATED = """
@pytest.mark.check("b.terminated")
def test_b_terminated():
    import os, signal, threading
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(30)
"""


@pytest.mark.parametrize(
    ("source", "reason"), [(INTERRUPTED, "Ctrl-C"), (TERMINATED, "SIGTERM")], ids=["int", "term"]
)
def test_interrupted(checkout: Checkout, source: str, reason: str) -> None:
    """The checks so far are reported, with the reason why there are no more of them."""
    checkout.suite(check("a.met"), check("a.missed", "MISSED"), source, check("c.never"))
    result = checkout.run_apart()
    assert result.ret == 2
    data = checkout.run_json()
    assert [one["id"] for one in data["checks"]] == ["a.met", "a.missed"]
    assert data["interrupted"] == reason
    assert data["verdict"] == "missed"
    result.stdout.fnmatch_lines([f"✗ MISSED  1 met, 1 missed  (interrupted: {reason})"])
    assert [case.get("name") for case in checkout.junit().iter("testcase")] == [
        "a.met",
        "a.missed",
    ]


def test_interrupted_between_two_lines(checkout: Checkout) -> None:
    """An interrupt can strike where Python knows no line number; pytest alone breaks there."""
    checkout.suite(
        check("a.met"),
        """
def between_lines():
    raise KeyboardInterrupt

between_lines.__code__ = between_lines.__code__.replace(co_linetable=b"")

@pytest.mark.check("b.interrupted")
def test_b_interrupted():
    between_lines()
""",
    )
    assert checkout.run_apart().ret == 2
    assert checkout.run_json()["interrupted"] == "Ctrl-C"


def test_interrupted_before_the_first_check(checkout: Checkout) -> None:
    """There is a report even if there is nothing to report yet."""
    checkout.suite(INTERRUPTED)
    result = checkout.run_apart()
    assert result.ret == 2
    assert checkout.run_json()["checks"] == []
    result.stdout.fnmatch_lines(["*no check was run*(interrupted: Ctrl-C)*"])


def test_pytest_exit_keeps_its_code(checkout: Checkout) -> None:
    """A run that is ended with a code of its own keeps it, and says why it ended."""
    checkout.suite(
        check("a.met"),
        '@pytest.mark.check("b.ends")\ndef test_b_ends():\n    pytest.exit("no more", 4)\n',
    )
    assert checkout.run_apart().ret == 4
    assert "no more" in checkout.run_json()["interrupted"]


def test_one_interrupt_does_not_taint_the_next_session(checkout: Checkout) -> None:
    """Two sessions in one process are two runs."""
    checkout.suite(check("a.met"), "pytest_never = 1\n", name="test_fine.py")
    program = """
import pytest, sys
first = pytest.main(["-p", "no:cacheprovider", "test_ends.py"])
second = pytest.main(["-p", "no:cacheprovider", "test_fine.py"])
sys.exit(10 * first + second)
"""
    checkout.suite(INTERRUPTED, name="test_ends.py")
    script = Path(checkout.path / "two.py")
    script.write_text(program, encoding="utf-8")
    assert checkout.pytester.runpython(script).ret == 20
    assert checkout.run_json()["interrupted"] is None
