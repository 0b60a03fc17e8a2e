"""Two runs held side by side: what changed, what is worse, and which figures moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smokestack import cli
from smokestack.report import compared, run_json
from smokestack.report.compare import compare
from smokestack.results import CheckResult, Measurement, RunResult, Verdict
from tests.whole_result import check, checked, everything, hostile, rich

MET, MISSED, UNMEASURED, SKIPPED = Verdict


def verdicts(before: RunResult, after: RunResult) -> list[tuple[str, bool]]:
    """Which checks changed, and whether that is worse."""
    return [(one.name, one.worse) for one in compare(before, after).changed]


def test_a_run_is_as_itself() -> None:
    """Nothing changed, nothing moved, nothing is worse."""
    found = compare(rich(), rich())
    assert (found.changed, found.moved, found.within, found.worse) == ((), (), 0, False)
    assert list(compared.lines(found)) == [
        "verdicts: all as before",
        "durations:",
        "  the run: 25.0 s → 25.0 s",
        "not worse",
    ]


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (MET, MISSED, True),
        (MET, UNMEASURED, True),
        (MET, SKIPPED, True),
        (UNMEASURED, MISSED, True),
        (SKIPPED, UNMEASURED, True),
        (MISSED, MET, False),
        (MISSED, UNMEASURED, False),
        (SKIPPED, MET, False),
        (None, MISSED, True),
        (None, MET, False),
        (None, SKIPPED, False),
        (MET, None, True),
        (MISSED, None, True),
        (SKIPPED, None, False),
    ],
)
def test_what_is_worse(before: Verdict | None, after: Verdict | None, *, worse: bool) -> None:
    """Whatever proves less; a check that is not asked any more proves nothing."""
    first, second = (checked(*([check("a.b", of)] if of else [])) for of in (before, after))
    assert verdicts(first, second) == [("a.b", worse)]
    assert compare(first, second).worse is worse


def test_what_is_worse_comes_first() -> None:
    """Then the order of the runs; several uses of one check are told apart."""
    before = checked(
        check("a.one", MISSED), check("a.two", subject="x"), check("a.two", subject="y")
    )
    after = checked(check("a.one"), check("a.two", subject="x"), check("a.two", MISSED, "gone",
                                                                      subject="y"))  # fmt: skip
    lines = list(compared.lines(compare(before, after)))
    assert lines[1:3] == ["  ✗ a.two y: met → missed: gone", "  · a.one: missed → met: as expected"]
    assert lines[-1] == "worse: less is proven than before"


def figure(
    value: float, interval: tuple[float, float] | None = None, unit: str = "ms"
) -> RunResult:
    """A run that measured one figure."""
    return checked(check("a.b", measured=(Measurement("cost", value, unit, None, interval),)))


@pytest.mark.parametrize(
    ("before", "after", "outside"),
    [
        (figure(1.0, (0.9, 1.1)), figure(1.3, (1.2, 1.4)), True),
        (figure(1.0, (0.9, 1.1)), figure(1.3), True),
        (figure(1.0), figure(0.5, (0.4, 0.6)), True),
        (figure(1.0), figure(1.3), None),
    ],
)
def test_figures_that_moved(before: RunResult, after: RunResult, *, outside: bool | None) -> None:
    """Outside the intervals, or by a fifth where there is none. They decide nothing."""
    found = compare(before, after)
    assert [one.outside for one in found.moved] == [outside]
    assert not found.worse


@pytest.mark.parametrize(
    ("before", "after", "within"),
    [
        (figure(1.0, (0.5, 1.5)), figure(1.4, (1.2, 1.6)), 1),
        (figure(1.0), figure(1.1), 0),
        (figure(1.0), figure(9.0, unit="s"), 0),
    ],
)
def test_figures_that_stayed(before: RunResult, after: RunResult, within: int) -> None:
    """Intervals that overlap are counted; small steps, and other units, are not told."""
    found = compare(before, after)
    assert (found.moved, found.within) == ((), within)


def test_lines_of_figures_and_durations() -> None:
    """With their intervals; what came from 0 has no share."""
    shown = list(
        compared.lines(compare(figure(1.0, (0.9, 1.1)), replace(figure(1.3), duration_s=9.0)))
    )
    assert "  cost: 1 ms [0.9 ms to 1.1 ms] → 1.3 ms (+30%), outside its interval" in shown
    assert "  the run: 1.0 s → 9.0 s" in shown
    assert "  cost: 0 ms → 2 ms" in compared.lines(compare(figure(0.0), figure(2.0)))


def test_durations_of_checks() -> None:
    """Those that differ by a second and a fifth."""

    def slow(seconds: float) -> CheckResult:
        return replace(check("a.slow"), duration_s=seconds)

    found = compare(checked(slow(3.0), check("a.b")), checked(slow(7.0), check("a.b")))
    assert [(one.name, one.after_s) for one in found.durations] == [("the run", 1.0), ("a.slow", 7)]


def test_runs_of_unlike_things() -> None:
    """It is said that they are."""
    found = compare(everything(), checked(check("a.b")))
    assert found.unlike == (("stack", "native", "none"),)
    assert "not alike: stack native and none" in compared.lines(found)


def test_hostile_words_stay_on_their_line() -> None:
    """Whatever was said, a line is a line."""
    for line in compared.lines(compare(checked(), hostile())):
        assert "\x1b" not in line


@pytest.mark.parametrize(
    ("after", "code"), [(checked(check("a.b")), 0), (checked(check("a.b", MISSED, "gone")), 1)]
)
def test_command(after: RunResult, code: int, tmp_path: Path) -> None:
    """Folders or files; exit code 1 where less is proven."""
    run_json.write(checked(check("a.b")), tmp_path / "one")
    file = run_json.write(after, tmp_path / "two")
    told = CliRunner().invoke(cli.app, ["compare", str(tmp_path / "one"), str(file)])
    assert told.exit_code == code
    assert told.stdout.splitlines()[-1] == (
        "worse: less is proven than before" if code else "not worse"
    )
