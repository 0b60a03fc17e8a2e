"""Figures are kept, shown and compared as they were measured; what cannot be told is not told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import compare, measured, page
from benchmarks.figure import COUNTED, Figure
from benchmarks.machine import Hardware, hardware, software
from benchmarks.measured import Measured, Result

HERE, ELSEWHERE = Hardware("a CPU", 2, 23.5), Hardware("another", 2, 23.5)
VERSIONS = {"Python": "3.11.7", "Go": "1.26"}
RATIO = Figure(
    "suites", "over the floor", 1.5, "×", "5 runs", bound=1.5, interval=(1.4, 1.6),
    noise="A/A 1.01", details=("in detail",),
)  # fmt: skip
SECONDS = Figure("suites", "to the verdict", 24.0, "s", "one", bound=20.0, noise="one run")
MEMORY = replace(SECONDS, what="memory", unit="MB", interval=(23.0, 25.0))
RATE = replace(RATIO, what="with a ledger", bound=0.9, at_least=True)
NUMBER = Figure("reconcile", "queries", 1.0, "×", "", bound=1.0, noise=COUNTED)


def result(*figures: Figure, **more: object) -> Result:
    """A result of one benchmark."""
    return replace(Result(figures, "2026-11-21", 0.4, VERSIONS), **more)  # type: ignore[arg-type]


def kept(hardware: Hardware = HERE, **results: Result) -> Measured:
    """Results of one machine."""
    return Measured(hardware, results)


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    """Every figure with its spread; nothing where nothing was kept."""
    path = tmp_path / "measured.json"
    assert measured.read(path) == Measured()
    gone = result(why="no such program", not_here=True)
    all_of_it = kept(suites=result(RATIO, SECONDS), panels=gone)
    measured.write(all_of_it, path)
    assert measured.read(path) == all_of_it


@pytest.mark.parametrize("text", ["", "[]", '{"hardware": {}, "benchmarks": {"a": {}}}'])
def test_what_is_no_result_is_named(tmp_path: Path, text: str) -> None:
    """The file is in the message."""
    path = tmp_path / "measured.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"measured\.json: not a result of benchmarks"):
        measured.read(path)


def test_a_benchmark_replaces_its_own_figures_alone() -> None:
    """The others stay; of another machine only all together are taken."""
    before = kept(suites=result(RATIO), notice=result(SECONDS))
    now = before.with_these(HERE, {"notice": result(NUMBER)})
    assert dict(now.results) == {"suites": result(RATIO), "notice": result(NUMBER)}
    assert before.can_take(HERE, {"notice"})
    assert Measured().can_take(HERE, {"notice"})
    assert not before.can_take(ELSEWHERE, {"notice"})
    assert before.can_take(ELSEWHERE, {"notice", "suites", "more"})


def test_the_page_has_a_row_for_each_figure() -> None:
    """Between the markers, and nothing else is touched; what was not measured says why."""
    text = f"# Head\n\n{page.BEGIN}\nold\n{page.END}\n\nTail\n"
    there = kept(b=result(SECONDS, why=""), a=result(RATIO), c=result(why="no | Tempo"))
    shown = page.written(text, there, ["a", "b", "c"])
    assert shown.startswith(f"# Head\n\n{page.BEGIN}\nMachine: a CPU, 2 cores, 23.5 GiB of memory.")
    assert shown.endswith(f"{page.END}\n\nTail\n")
    assert "old" not in shown
    rows = [line for line in shown.splitlines() if line.startswith("| ")]
    assert rows[2:] == [
        (
            "| a | over the floor (5 runs) | 1.50 × | ≤ 1.5 × | 1.00 "
            "| 0.93 to 1.07 (95%); A/A 1.01 | met (within the noise) |"
        ),
        "| b | to the verdict (one) | 24.00 s | ≤ 20 s | 1.20 | one run | over the bound |",
        "| c | no \\| Tempo |  |  |  |  | could not be measured |",
    ]
    assert "With: Python 3.11.7, Go 1.26." in shown
    assert "  - in detail" in shown
    assert page.written(shown, there, ["a", "b", "c"]) == shown


def test_a_page_without_its_markers_is_left_alone() -> None:
    """Rather than written anywhere."""
    with pytest.raises(ValueError, match="once each"):
        page.written("# Head\n", kept(), [])


def verdicts(now: Measured, then: Measured) -> Mapping[str, str]:
    """What is said of each figure."""
    return {one.what: one.verdict for one in compare.compare(now, then)}


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        (RATIO, replace(RATIO, value=1.9, interval=(1.8, 2.0)), "slower"),
        (RATIO, replace(RATIO, value=1.2, interval=(1.1, 1.3)), "faster"),
        (RATIO, replace(RATIO, value=1.6, interval=(1.5, 1.7)), "cannot tell"),
        (RATE, replace(RATE, value=1.2, interval=(1.1, 1.3)), "slower"),
        (RATE, replace(RATE, value=1.9, interval=(1.8, 2.0)), "faster"),
        (MEMORY, replace(MEMORY, value=48.0, interval=(46.0, 50.0)), "larger"),
        (MEMORY, replace(MEMORY, value=12.0, interval=(11.0, 13.0)), "smaller"),
        (SECONDS, SECONDS, "cannot tell: one run has no spread"),
        (NUMBER, NUMBER, "the same"),
        (NUMBER, replace(NUMBER, value=2.0), "slower"),
        (replace(SECONDS, what="other"), SECONDS, "cannot tell: new"),
        (replace(SECONDS, unit="ms"), SECONDS, "cannot tell: 24 ms then"),
    ],
)
def test_now_against_then(then: Figure, now: Figure, says: str) -> None:
    """Only a spread that leaves 1 out says anything."""
    assert verdicts(kept(a=result(now)), kept(a=result(then)))[now.what] == says


def test_the_ratio_lies_between_the_farthest_ends() -> None:
    """Both spreads count."""
    now = replace(RATIO, value=3.0, interval=(2.8, 3.2))
    (one,) = compare.compare(kept(a=result(now)), kept(a=result(RATIO)))
    assert one.ratio == pytest.approx(2.0)
    assert one.between == pytest.approx((2.8 / 1.6, 3.2 / 1.4))


def test_on_another_machine_only_ratios_are_compared() -> None:
    """Its seconds say nothing."""
    slow = replace(RATIO, value=1.9, interval=(1.8, 2.0))
    now = kept(ELSEWHERE, a=result(slow, MEMORY))
    said = verdicts(now, kept(a=result(RATIO, MEMORY)))
    assert said == {RATIO.what: "slower", "memory": "cannot tell: another machine"}


def test_this_machine_can_be_told() -> None:
    """Its cores and memory, and the versions of what takes part."""
    assert hardware().cores >= 1
    assert hardware().memory_gib > 0
    assert hardware().cpu
    assert {"OS", "Python", "Go", "prometheus", "loki"} <= set(software())
