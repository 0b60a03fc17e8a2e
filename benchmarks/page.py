"""docs/performance.md: its table is written from what was measured, its prose by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figure import ROOT, Figure
from benchmarks.measured import Measured, Result

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"
HEAD = ("benchmark", "what", "figure", "bound", "figure/bound", "spread", "verdict")


def spread(one: Figure) -> str:
    """Where a figure lies with 95%, as a share of its bound where it has one; else the noise."""
    if one.interval is None:
        return one.noise
    scale, unit = (one.bound, "") if one.bound else (1.0, f" {one.unit}")
    low, high = (end / scale for end in one.interval)
    noise = f"; {one.noise}" if one.noise else ""
    return f"{low:.2f} to {high:.2f}{unit} (95%){noise}"


def cells(name: str, one: Figure) -> tuple[str, ...]:
    """One row of the table."""
    bound = f"{'≥' if one.at_least else '≤'} {one.bound:g} {one.unit}" if one.bound else ""
    ratio = f"{one.ratio:.2f}" if one.ratio is not None else ""
    shown = f"{one.value:.2f} {one.unit}"
    return name, f"{one.what} ({one.how})", shown, bound, ratio, spread(one), one.verdict


def lines(measured: Measured, order: Sequence[str]) -> Iterator[str]:
    """The part of the page that is written: machine, versions, table."""
    if measured.hardware is None:
        yield "Nothing was measured yet."
        return
    yield f"Machine: {measured.hardware}."
    yield ""
    yield from _software(measured)
    yield ""
    yield _row(HEAD)
    yield _row(["---"] * len(HEAD))
    names = [name for name in order if name in measured.results]
    for name in names:
        result = measured.results[name]
        yield from (_row(cells(name, one)) for one in result.figures)
        if not result.figures:
            yield _row((name, result.why or "nothing to measure", "", "", "", "", _without(result)))
    yield ""
    for name in names:
        yield from _said_of(name, measured.results[name])


def _without(result: Result) -> str:
    return "not measured" if result.not_here or not result.why else "could not be measured"


def _said_of(name: str, result: Result) -> Iterator[str]:
    """When it was measured, beside how much else, and what a reader needs to check it."""
    yield f"- `{name}`: {result.measured_on}, load average before {result.load_average:.1f}"
    for one in result.figures:
        yield from (f"  - {detail}" for detail in one.details)


def _software(measured: Measured) -> Iterator[str]:
    """With what the benchmarks were run: once where it is the same for all."""
    used: dict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for name, one in measured.results.items():
        used[tuple(one.software.items())].append(name)
    for versions, names in used.items():
        by = f" ({', '.join(names)})" if len(used) > 1 else ""
        yield f"With{by}: {', '.join(f'{name} {version}' for name, version in versions)}."


def _row(of: Sequence[str]) -> str:
    return "| " + " | ".join(one.replace("|", "\\|").replace("\n", " ") for one in of) + " |"


def written(text: str, measured: Measured, order: Sequence[str]) -> str:
    """The page with its table anew. Raises ValueError where the markers are not there once."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"the page must have {BEGIN} and {END}, once each")
    before, rest = text.split(BEGIN)
    after = rest.partition(END)[2]
    return "\n".join([before + BEGIN, *lines(measured, order), END + after])


def write(measured: Measured, order: Sequence[str], path: Path = PAGE) -> None:
    """Write the table into the page."""
    text = path.read_text(encoding="utf-8")
    path.write_text(written(text, measured, order), encoding="utf-8")
