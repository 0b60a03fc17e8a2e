"""Servers that come up are shown one by one, and their addresses can be clicked at."""

from __future__ import annotations

import io

from rich.console import Console

from smokestack.report.starting import Starting, links
from smokestack.wait import UnderWay


def drawn(shown: object, *, terminal: bool = False) -> str:
    """What a console of 60 columns makes of it."""
    out = io.StringIO()
    console = Console(file=out, width=60, force_terminal=terminal, no_color=not terminal)
    console.print(shown)
    return out.getvalue()


def test_who_is_awaited_and_who_is_ready() -> None:
    """In the order of their names; a wait for something else is no server."""
    waits = [
        UnderWay("loki to be ready", 1.5, 60, None),
        UnderWay("grafana to be ready", 1.5, 60, None),
        UnderWay("something else", 1.5, 60, None),
    ]
    starting = Starting("starting the reference system", lambda: waits)
    assert "something else" not in drawn(starting.table())
    waits.pop(0)
    lines = [" ".join(line.split()) for line in drawn(starting.table()).splitlines()]
    assert lines[0].endswith("starting the reference system")
    assert lines[1:] == ["· grafana starting, 2 s", "✓ loki ready, 1.5 s"]


def test_addresses_are_links() -> None:
    """On a terminal; anywhere else they are text."""
    urls = {"prometheus": "http://127.0.0.1:9090", "loki": "http://127.0.0.1:3100"}
    plain = drawn(links(urls)).split()
    assert plain == ["loki", "http://127.0.0.1:3100", "prometheus", "http://127.0.0.1:9090"]
    assert "\x1b]8;" in drawn(links(urls), terminal=True)
    assert ";http://127.0.0.1:9090\x1b\\http://127.0.0.1:9090" in drawn(links(urls), terminal=True)


def test_where_there_is_no_terminal_nothing_is_shown() -> None:
    """A log has no use for it."""
    out = io.StringIO()
    with Starting("starting", list).shown(Console(file=out, width=60)):
        pass
    assert "starting" not in out.getvalue()
