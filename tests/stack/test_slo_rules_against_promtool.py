"""The rules of each SLO fire, and do not fire, as promtool plays its stories at true durations."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from smokestack.stack.binaries import find_binary

ROOT = Path(__file__).parents[2]
STORIES = sorted((ROOT / "systems").glob("*/slo/tests/*.yml"))
SHIPPED = sorted((ROOT / "systems").glob("*/stack/rules/slo-*.yml"))


def promtool(stories: Path) -> subprocess.CompletedProcess[str]:
    """`promtool test rules` on a file."""
    return subprocess.run(
        [find_binary("promtool"), "test", "rules", str(stories)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_rule_file_has_its_stories() -> None:
    """A file of the SLO's name."""
    assert [f"slo-{one.stem}" for one in STORIES] == [one.stem for one in SHIPPED]


@pytest.mark.parametrize("stories", STORIES, ids=lambda file: file.stem)
def test_rules_as_shipped(stories: Path) -> None:
    """Fast burns page, slow ones make a ticket, healthy services neither; both resolve."""
    done = promtool(stories)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "story"),
    [
        ("ratio_rate5m{", "ratio_rate1h{", "answers that are nearly all too late page"),
        ("(14.4 * 0.05)", "(6 * 0.05)", "answers that are nearly all too late page"),
        ("(3 * 0.05)", "(6 * 0.05)", "answers of which some are too late for long"),
    ],
)
def test_the_stories_notice_other_rules(tmp_path: Path, old: str, new: str, story: str) -> None:
    """Without its short window a page goes on after its end; with another rate it comes too soon;
    a ticket for too much never comes.
    """
    reference = tmp_path / "reference"
    shutil.copytree(ROOT / "systems/reference/slo", reference / "slo")
    shutil.copytree(ROOT / "systems/reference/stack/rules", reference / "stack/rules")
    rules = reference / "stack/rules/slo-latency.yml"
    text = rules.read_text(encoding="utf-8")
    assert old in text
    if new == "(6 * 0.05)" and old == "(3 * 0.05)":
        text = text.replace("(1 * 0.05)", new)
    rules.write_text(text.replace(old, new), encoding="utf-8")
    stories = reference / "slo/tests/latency.yml"
    told = yaml.safe_load(stories.read_text(encoding="utf-8"))
    told["tests"] = [one for one in told["tests"] if one["name"].startswith(story)]
    assert told["tests"]  # the others take seconds, and hold as shipped
    stories.write_text(yaml.safe_dump(told), encoding="utf-8")
    done = promtool(stories)
    assert done.returncode == 1, done.stdout + done.stderr
    assert story in done.stdout + done.stderr
