"""A run shows what it is at where its output is a terminal, and leaves nothing of it there."""

from __future__ import annotations

import pyte
import pytest

from tests.plugin.checkout import Checkout

pytest_plugins = ["pytester"]

WAITS = """
from smokestack.wait import until

@pytest.mark.check("a.waits")
def test_waits():
    print("a test says this")
    until(lambda: 180, lambda _: False, within_s=1.0, what="events in Loki", describe=str)
    return Judgement(Verdict.MET, "as expected")
"""


def test_on_a_terminal_the_wait_is_seen_and_gone_in_the_end(checkout: Checkout) -> None:
    """Although pytest captures what tests write."""
    checkout.suite(WAITS)
    written = checkout.run_on_terminal({})
    assert "a.waits  events in Loki, 180 (0 of at most 1 s)" in written
    assert "a test says this" not in written
    screen = pyte.Screen(80, 60)
    pyte.Stream(screen).feed(written)
    shown = "\n".join(screen.display)
    assert "test_mine.py ." in shown
    assert "events in Loki" not in shown


@pytest.mark.parametrize(
    "environment",
    [{"NO_COLOR": "1"}, {"PYTEST_ADDOPTS": "-q"}, {"PYTEST_ADDOPTS": "-s"}, {"TERM": "dumb"}],
    ids=["no colour", "quiet", "no capture", "a dumb terminal"],
)
def test_nothing_is_drawn_where_nobody_wants_it(
    checkout: Checkout, environment: dict[str, str]
) -> None:
    """Nor where it would be among what tests write."""
    checkout.suite(WAITS)
    assert "events in Loki" not in checkout.run_on_terminal(environment)


def test_in_a_log_only_what_takes_long_is_told(checkout: Checkout) -> None:
    """Nothing, of a second."""
    checkout.suite(WAITS)
    result = checkout.run_apart()
    result.stdout.no_fnmatch_line("*events in Loki*")
    result.stdout.fnmatch_lines(["test_mine.py .*"])
