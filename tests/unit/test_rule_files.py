"""Which rule files promtool is given: what an alert needs, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.drive.rule_files import needed


def file(folder: Path, name: str, *rules: str) -> Path:
    """A rule file with one group."""
    path = folder / name
    text = "".join(f"      - {rule}\n" for rule in rules)
    path.write_text(f"groups:\n  - name: {name}\n    rules:\n{text}", encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """An alert on a recorded series, which is made of another; and what nobody needs."""
    return [
        file(tmp_path, "alert.yml", "{alert: A, expr: 'a:rate5m > 1'}"),
        file(tmp_path, "other.yml", "{alert: B, expr: 'up == 0'}"),
        file(tmp_path, "rate.yml", "{record: 'a:rate5m', expr: 'sum(a:all:rate5m)'}"),
        file(tmp_path, "unused.yml", "{record: 'b:rate5m', expr: 'rate(b[5m])'}"),
        file(tmp_path, "all.yml", "{record: 'a:all:rate5m', expr: 'rate(a[5m])'}"),
    ]


def names(found: list[Path]) -> list[str]:
    """The files by their names."""
    return [one.name for one in found]


def test_an_alert_and_all_that_it_is_made_of(files: list[Path]) -> None:
    """In the order in which the files were given."""
    assert names(needed({"A"}, files)) == ["alert.yml", "rate.yml", "all.yml"]
    assert names(needed({"B"}, files)) == ["other.yml"]
    assert needed({"C"}, files) == []


@pytest.mark.parametrize("expr", ["rate(", '{job="a"} > 1'])
def test_all_files_where_that_cannot_be_told(files: list[Path], tmp_path: Path, expr: str) -> None:
    """Promtool is left to say what is wrong, or to find the series."""
    files.append(file(tmp_path, "more.yml", f"{{alert: D, expr: '{expr}'}}"))
    assert needed({"D"}, files) == files


def test_what_is_recorded_for_others_under_the_same_name(tmp_path: Path) -> None:
    """Its labels say so; a label that the rule does not set may come from its series."""
    expr = 'rate5m{slo="a",job!="x",at="b"} > 1'
    alert = file(tmp_path, "alert.yml", f"{{alert: A, expr: '{expr}'}}")
    own = file(tmp_path, "own.yml", "{record: rate5m, expr: a, labels: {slo: a, job: y}}")
    others = file(tmp_path, "others.yml", "{record: rate5m, expr: b, labels: {slo: b}}")
    assert needed({"A"}, [others, alert, own]) == [alert, own]
