"""Shows the servers of a stack as they come up, for who waits at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from smokestack.report.text import printable
from smokestack.stack.readiness import READY
from smokestack.wait import UnderWay, under_way


class Starting:
    """Every server that is or was awaited, and for how many seconds. `waits` are under way."""

    def __init__(self, title: str, waits: Callable[[], Sequence[UnderWay]] = under_way) -> None:
        self._title = Spinner("dots", Text(title))
        self._waits = waits
        self._seconds: dict[str, float] = {}

    def table(self) -> Table:
        """As it is now: who is awaited still, and who was ready after how long."""
        waits = {one.what.removesuffix(READY): one for one in self._waits() if _of_server(one)}
        self._seconds |= {name: one.took_s for name, one in waits.items()}
        shown = Table.grid(padding=(0, 2))
        shown.add_row(self._title)
        for name, seconds in sorted(self._seconds.items()):
            state = f"starting, {seconds:.0f} s" if name in waits else f"ready, {seconds:.1f} s"
            sign = Text("·", "dim") if name in waits else Text("✓", "green")
            shown.add_row(Text.assemble("  ", sign, f" {name}"), state)
        return shown

    def shown(self, console: Console) -> Live:
        """Show it while a block runs, on a terminal; anywhere else nothing is shown."""
        return Live(
            get_renderable=self.table,
            console=console,
            refresh_per_second=8,
            transient=True,
        )


def _of_server(one: UnderWay) -> bool:
    return one.what.endswith(READY)


def links(urls: Mapping[str, str]) -> Table:
    """Where each server answers, to be clicked at where a terminal can."""
    table = Table(box=None, show_header=False)
    for name, url in sorted(urls.items()):
        table.add_row(name, Text(printable(url), f"link {url}"))
    return table
