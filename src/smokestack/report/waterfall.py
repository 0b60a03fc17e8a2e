"""The ways of the signals, drawn: a few lines a signal, each hop where it begins and as long as it
took.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from smokestack.report.text import printable
from smokestack.results import HopTimes, Waterfall

WIDTH = 32
"""Columns of a bar: with them a hop's line fits 100 columns."""

DRAWN = ("█", "░")
PLAIN = ("#", "-")
"""For half of the events, and up to 95% of them; the plain ones where no terminal is."""


def drawn(waterfalls: Sequence[Waterfall], *, plain: bool) -> Table:
    """All waterfalls as one table. Bars begin where half of the events had the hop before behind
    them; hops that are a part of another one have no bar.
    """
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("on its way", no_wrap=True)
    table.add_column("", no_wrap=True)
    for figure in ("50%", "95%", "all", "allowed"):
        table.add_column(figure, justify="right", no_wrap=True)
    for waterfall in waterfalls:
        what = waterfall.what if waterfall.events != 1 else waterfall.what.removesuffix("s")
        table.add_row(Text(f"{waterfall.signal}, {waterfall.events} {what}"))
        for name, bar, figures in _lines(waterfall, PLAIN if plain else DRAWN):
            table.add_row(Text(f"  {printable(name)}"), Text(bar, style="cyan"), *figures)
    return table


def _lines(
    waterfall: Waterfall, signs: tuple[str, str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(name, bar, figures) of each hop that something is known of."""
    whole = _whole(waterfall)
    begins = 0.0
    for hop in waterfall.hops:
        if hop.p50_s is None or hop.p95_s is None:
            continue
        if hop.part_of:
            yield f"  of it {hop.name}", "", _figures(hop)
            continue
        yield hop.name, _bar(begins, hop.p50_s, hop.p95_s, whole, signs), _figures(hop)
        begins += hop.p50_s


def _whole(waterfall: Waterfall) -> float:
    """Where the last bar ends."""
    begins, end = 0.0, 0.0
    for hop in waterfall.hops:
        if hop.p50_s is not None and hop.p95_s is not None and not hop.part_of:
            end = max(end, begins + hop.p95_s)
            begins += hop.p50_s
    return end


def _bar(begins: float, p50: float, p95: float, whole: float, signs: tuple[str, str]) -> str:
    if whole <= 0:
        return ""
    from_, half, end = (round(at / whole * WIDTH) for at in (begins, begins + p50, begins + p95))
    half = max(half, from_ + 1)
    return " " * from_ + signs[0] * (half - from_) + signs[1] * max(0, end - half)


def _figures(hop: HopTimes) -> tuple[str, str, str, str]:
    sign = "≤ " if hop.part_of else ""
    p50, p95, most = (
        "" if of is None else f"{sign}{of:.3f} s" for of in (hop.p50_s, hop.p95_s, hop.max_s)
    )
    return p50, p95, most, "" if hop.allowed_s is None else f"{hop.allowed_s:.2f} s"
