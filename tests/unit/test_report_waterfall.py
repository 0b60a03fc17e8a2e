"""Waterfalls in the terminal: bars begin where the hop before them ended."""

from __future__ import annotations

import io

from rich.console import Console

from smokestack.report.waterfall import WIDTH, drawn
from smokestack.results import HopTimes, Waterfall

WAY = Waterfall(
    "logs", "lines", 30,
    (
        HopTimes("reads", "shipper", 30, 1.0, 2.0, 2.5, 0.0, 2.0, 5.0),
        HopTimes("queryable", "looks", 30, 2.0, 3.0, 3.5),
        HopTimes("batch", "nobody", untold="nobody tells", part_of="queryable"),
        HopTimes("ingest", "loki", 4, 0.005, 0.01, None, part_of="queryable"),
    ),
)  # fmt: skip


def lines(way: Waterfall, *, plain: bool) -> list[str]:
    """What stands in the terminal."""
    text = io.StringIO()
    Console(file=text, width=120, color_system=None).print(drawn([way], plain=plain))
    return text.getvalue().splitlines()


def test_hops_are_drawn_one_after_another() -> None:
    """Half of the events, then up to 95%; 4 s are the whole width."""
    _, title, reads, queryable, ingest = lines(WAY, plain=True)
    assert title.startswith("logs, 30 lines")
    assert "#" * (WIDTH // 4) + "-" * (WIDTH // 4) in reads
    assert reads.split()[-2:] == ["5.00", "s"]
    assert queryable.index("#") - reads.index("#") == WIDTH // 4
    assert "  of it ingest" in ingest
    assert "≤ 0.005 s  ≤ 0.010 s" in ingest


def test_a_terminal_gets_blocks_and_what_is_untold_no_line() -> None:
    """Nothing is drawn of a hop that nobody tells."""
    text = "\n".join(lines(WAY, plain=False))
    assert "█" in text
    assert "░" in text
    assert "batch" not in text


def test_hops_that_took_no_time_can_be_drawn() -> None:
    """No division by the length of nothing."""
    way = Waterfall("logs", "lines", 1, (HopTimes("reads", "shipper", 1, 0.0, 0.0, 0.0),))
    assert "0.000 s" in lines(way, plain=True)[2]
