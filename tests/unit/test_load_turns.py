"""Turns of the arms: their order, what is made of their latencies, and what went wrong."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

from smokestack.load.closed_loop import Arm, Loop, Plan, in_turn, read
from smokestack.load.turns import read as read_result
from smokestack.load.turns import turn


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Tuples become lists, and nothing is lost."""
    plan = Plan({"off": ("http://127.0.0.1:1", [5])}, {"quiet": ("GET", "/")}, 12, 30, 20.0, 3, [0])
    plan.write(tmp_path / "plan")
    again = read((tmp_path / "plan").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(again.__dict__)) == json.loads(json.dumps(plan.__dict__))


def test_each_arm_comes_first_and_last_equally_often() -> None:
    """Whoever comes first meets the machine as the arm before left it."""
    arms = [Arm(name, "http://127.0.0.1:1", []) for name in ("off", "off again", "all")]
    orders = [[arm.name for arm in in_turn(arms, number)] for number in range(12)]
    assert set(Counter(order[0] for order in orders).values()) == {4}
    assert set(Counter(order[-1] for order in orders).values()) == {4}
    followers = Counter(pair for order in orders for pair in itertools.pairwise(order))
    assert set(followers.values()) == {4}


def test_statistics_of_a_turn_are_in_seconds() -> None:
    """Percentiles by nearest rank."""
    one = turn([n * 1_000_000 for n in range(20, 0, -1)], 500_000.0)
    assert one["p50"] == pytest.approx(0.010)
    assert one["p95"] == pytest.approx(0.019)
    assert one["mean"] == pytest.approx(0.0105)
    assert one["cpu"] == pytest.approx(0.0005)
    assert turn([1], None)["cpu"] is None


def test_a_result_is_read() -> None:
    """Rounds by arm and route."""
    said = {"arm": "off", "route": "quiet", "latencies_ns": [1000], "cpu_ns": None}
    asked = read_result(json.dumps({"rounds": [[said], []], "broken": {"all": "gone"}}))
    assert asked.rounds[0]["off", "quiet"].p95 == pytest.approx(1e-6)
    assert asked.rounds[1] == {}
    assert asked.broken == {"all": "gone"}


def test_an_arm_that_nobody_answers_for_is_left_out() -> None:
    """Port 1 answers to nobody; the loop ends all the same, and says why."""
    loop = Loop(Plan({"off": ("http://127.0.0.1:1", [])}, {"quiet": ("GET", "/")}, 2, 1, 5.0))
    loop.run()
    assert loop.rounds == [[], []]
    assert "refused" in loop.broken["off"]
