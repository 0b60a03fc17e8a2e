"""docs/performance.md shows the figures that are kept, all of them and no others."""

from __future__ import annotations

from benchmarks import measured, page
from benchmarks.__main__ import BENCHES


def test_the_table_is_that_of_the_kept_figures() -> None:
    """Whoever changes one by hand changes nothing."""
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.written(text, measured.read(), list(BENCHES)) == text


def test_kept_figures_are_of_benchmarks_that_there_are() -> None:
    """One that was renamed leaves no row behind."""
    assert set(measured.read().results) <= set(BENCHES)
