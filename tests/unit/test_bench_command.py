"""`python -m benchmarks`: what is kept, shown and compared, and when that is a failure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import measured, page
from benchmarks.figure import Figure, NotHere, NotMeasured
from benchmarks.machine import Hardware

ONE = Figure("one", "over the other", 1.2, "×", "3 rounds", bound=1.5, interval=(1.1, 1.3))
SLOW = replace(ONE, value=2.0, interval=(1.9, 2.1))


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of the test's own, and a page with nothing on it."""
    monkeypatch.setattr(measured, "FILE", tmp_path / "measured.json")
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(command, "REPORT", tmp_path / "reports" / "bench.json")
    page.PAGE.write_text(f"# Performance\n\n{page.BEGIN}\n{page.END}\n", encoding="utf-8")
    return tmp_path


def measure(monkeypatch: pytest.MonkeyPatch, *argv: str, **found: Figure | Exception) -> int:
    """Run benchmarks that come to this; the exit code."""

    def bench(outcome: Figure | Exception) -> list[Figure]:
        if isinstance(outcome, Exception):
            raise outcome
        return [outcome]

    benches = {name: lambda one=one: bench(one) for name, one in found.items()}
    monkeypatch.setattr(command, "BENCHES", benches)
    return command.main(list(argv))


def test_figures_are_kept_and_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table comes last; the page and the file have the same."""
    assert measure(monkeypatch, one=ONE) == 0
    said = capsys.readouterr().out
    assert said.index("machine: ") < said.index("over the other")
    assert "| one | over the other (3 rounds) | 1.20 × |" in page.PAGE.read_text(encoding="utf-8")
    assert measured.read(measured.FILE).results["one"].figures == (ONE,)
    report = json.loads(command.REPORT.read_text(encoding="utf-8"))
    assert report["figures"][0]["verdict"] == "met"


def test_a_partial_run_leaves_the_other_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be measured today does not take the place of what was."""
    assert measure(monkeypatch, one=ONE, two=SLOW, three=NotHere("no Docker")) == 0
    assert measure(monkeypatch, "two", one=ONE, two=NotMeasured("too busy"), three=ONE) == 6
    assert measure(monkeypatch, "one", one=SLOW, two=SLOW, three=ONE) == 0
    kept = measured.read(measured.FILE).results
    assert [kept[name].figures for name in ("one", "two", "three")] == [(SLOW,), (SLOW,), ()]
    assert "| three | no Docker |" in page.PAGE.read_text(encoding="utf-8")


def test_another_machine_keeps_nothing_of_a_part(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of two machines would be read as those of one."""
    measure(monkeypatch, one=ONE, two=ONE)
    before = measured.read(measured.FILE)
    monkeypatch.setattr(command, "hardware", lambda: Hardware("another", 64, 512.0))
    assert measure(monkeypatch, "one", one=SLOW, two=SLOW) == 0
    assert "has figures of another machine" in capsys.readouterr().out
    assert measured.read(measured.FILE) == before
    measure(monkeypatch, one=SLOW, two=SLOW)
    assert measured.read(measured.FILE).hardware == Hardware("another", 64, 512.0)


def test_comparing_says_what_is_slower_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Slower is no failure."""
    measure(monkeypatch, one=ONE)
    before = measured.read(measured.FILE)
    capsys.readouterr()
    assert measure(monkeypatch, "--compare", one=SLOW) == 0
    assert "slower" in capsys.readouterr().out
    assert measured.read(measured.FILE) == before
    assert measure(monkeypatch, "--compare", one=NotMeasured("too busy")) == 6


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["none"], "no benchmark none; known: one"),
        (["--compare"], "nothing to compare with: there is no"),
    ],
)
def test_a_wrong_call_measures_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argv: list[str], says: str
) -> None:
    """It is said before anything is run."""
    with pytest.raises(SystemExit):
        measure(monkeypatch, *argv, one=AssertionError("was run"))
    assert says in capsys.readouterr().err


def test_a_result_that_cannot_be_read_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rather than replaced."""
    measured.FILE.write_text("{", encoding="utf-8")
    with pytest.raises(SystemExit):
        measure(monkeypatch, one=AssertionError("was run"))
    assert "not a result of benchmarks" in capsys.readouterr().err
