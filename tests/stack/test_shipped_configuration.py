"""promtool and amtool accept every rule file and configuration that ships, of every system."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from smokestack.stack.binaries import find_binary

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "systems").glob("*/stack/rules/**/*.y*ml"))
PROMETHEUS = sorted((ROOT / "systems").glob("*/stack/prometheus*.y*ml"))
ALERTMANAGER = sorted(
    [
        *(ROOT / "compose/alertmanager").glob("*.y*ml"),
        *(ROOT / "systems").glob("*/stack/alertmanager*.y*ml"),
        *(ROOT / "systems").glob("*/stack/alertmanager/*.y*ml"),
    ]
)
MOUNTED = "/etc/prometheus/rules"


def name(file: Path) -> str:
    """A file as the test's id has it."""
    return file.relative_to(ROOT).as_posix()


def asked(tool: str, *arguments: str) -> tuple[int, str]:
    """What a tool says, with its exit code."""
    command = [str(find_binary(tool)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def config_with_rules(file: Path, folder: Path) -> Path:
    """A configuration that finds its rules where they are, not where they are mounted."""
    text = file.read_text(encoding="utf-8")
    copy = folder / "prometheus.yml"
    copy.write_text(text.replace(MOUNTED, str(file.parent / "rules")), encoding="utf-8")
    return copy


def test_every_system_is_looked_at() -> None:
    """Each that has a stack has a configuration of Prometheus; those that alert have rules."""
    systems = {file.parents[1].name for file in (ROOT / "systems").glob("*/stack/.env")}
    assert {file.parents[1].name for file in PROMETHEUS} == systems
    assert RULES
    assert {"alertmanager.yml", "receivers.yml"} <= {file.name for file in ALERTMANAGER}


@pytest.mark.parametrize("file", RULES, ids=name)
def test_rules(file: Path) -> None:
    """Sound, and no rule twice."""
    code, said = asked("promtool", "check", "rules", "--lint=all", "--lint-fatal", str(file))
    assert code == 0, said
    assert "SUCCESS: 0 rules" not in said


@pytest.mark.parametrize("file", PROMETHEUS, ids=name)
def test_prometheus(file: Path, tmp_path: Path) -> None:
    """Sound, with every rule file that it names."""
    config = config_with_rules(file, tmp_path)
    code, said = asked("promtool", "check", "config", "--lint=all", "--lint-fatal", str(config))
    assert code == 0, said
    for rules in (file.parent / "rules").glob("*.yml"):
        assert str(rules) in said


@pytest.mark.parametrize("file", ALERTMANAGER, ids=name)
def test_alertmanager(file: Path) -> None:
    """Sound: a receiver for each route, and no key that it does not know."""
    code, said = asked("amtool", "check-config", str(file))
    assert code == 0, said


UNSOUND = [
    (("amtool", "check-config"), "route: {receiver: nobody}", "nobody"),
    (
        ("amtool", "check-config"),
        "{route: {receiver: a}, receivers: [{name: a}], inhibit_rules: [{sources: []}]}",
        "sources",
    ),
    (
        ("promtool", "check", "rules"),
        "groups: [{name: a, rules: [{alert: A, expr: rate(}]}]",
        "parse error",
    ),
]


@pytest.mark.parametrize(("command", "text", "why"), UNSOUND)
def test_what_is_not_sound_is_noticed(
    command: tuple[str, ...], text: str, why: str, tmp_path: Path
) -> None:
    """The tools do read what they are given."""
    file = tmp_path / "unsound.yml"
    file.write_text(text, encoding="utf-8")
    code, said = asked(*command, str(file))
    assert code != 0
    assert why in said
