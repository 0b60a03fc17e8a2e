"""What servers saw of the requests over time: a query each, steps, resets, who is not asked."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from smokestack.drive.seen_over_time import seen_over_time
from smokestack.errors import Unreachable
from smokestack.results import LoadInfo, SeenOverTime
from smokestack.samples import Series
from tests.unit.judged import SYSTEM

ROW = {"method": "GET", "route": "/a.b", "status": 200, "count": 9}
LOADS = (LoadInfo("smoke", "smoke", 1000.4, 3.0, 9, None, 3.0, (ROW,)),)


class Server:
    """Gives these samples for any range query, and remembers what it was asked."""

    def __init__(self, *samples: Series) -> None:
        self.samples = list(samples)
        self.asked: list[tuple[Any, ...]] = []

    def range(self, *asked: Any) -> list[Series]:
        """The samples."""
        self.asked.append(asked)
        return self.samples


class Gone(Server):
    """Answers nothing."""

    def range(self, *asked: Any) -> list[Series]:
        """Never."""
        raise Unreachable(f"nobody answers {asked[0]}")


def counter(status: str, *values: tuple[float, float]) -> list[Series]:
    """One status of a counter: (at, value)."""
    return [Series("", {"status": status}, value, at) for at, value in values]


def seen(prometheus: Server, loki: Server, until: float = 1004.0) -> tuple[SeenOverTime, ...]:
    """What comes of them."""
    clients: Any = SimpleNamespace(prometheus=prometheus, loki=loki)
    return seen_over_time(SYSTEM, clients, LOADS, "run", until, 0.25)


def counts(one: SeenOverTime) -> dict[int | None, tuple[int, ...]]:
    """Counts by status."""
    return {by.status: by.counts for by in one.over_time.by}


def test_a_counter_is_read_by_its_growth() -> None:
    """What it had before does not count; a new series began at 0; a reset takes nothing away."""
    prometheus = Server(
        *counter("200", (1000, 50), (1001, 53), (1002, 53), (1003, 2), (1004, 6)),
        *counter("5xx", (1002, 4), (1003, 4)),
    )
    [one] = seen(prometheus, Gone())
    assert (one.server, one.started_at, one.over_time.step_s) == ("prometheus", 1000, 1.0)
    assert counts(one) == {200: (3, 0, 0, 4), 500: (0, 4, 0, 0)}
    [(query, *span)] = prometheus.asked
    assert query == r'sum by (status) (requests_total{job="front",route=~"/a\\.b"})'
    assert span == [1000, 1004.0, 1]


def test_lines_are_those_of_the_entry() -> None:
    """A line of a service behind it is another copy of the same request."""
    front = {"service_name": "front", "route": "/a.b", "status": "200"}
    back = {**front, "service_name": "back"}
    loki = Server(
        Series("", front, 2.0, 1001), Series("", front, 1.0, 1003), Series("", back, 5.0, 1003),
        Series("", {**front, "route": "/c"}, 1.0, 1003),
    )  # fmt: skip
    [one] = seen(Gone(), loki)
    assert (one.server, counts(one)) == ("loki", {200: (2, 0, 2, 0)})


def test_a_long_run_has_longer_steps() -> None:
    """Never more than 300 of them, and none shorter than the interval of scrapes."""
    prometheus = Server(*counter("200", (1000, 0), (1012, 9)))
    [one] = seen(prometheus, Gone(), until=1000 + 3600)
    assert one.over_time.step_s == 12.0
    assert len(counts(one)[200]) == 300


def test_without_logs_or_traffic_nobody_is_asked() -> None:
    """A system without logs has one who saw them; a run that sent nothing has none."""
    prometheus, loki = Server(*counter("200", (1000, 0), (1001, 9))), Server()
    clients: Any = SimpleNamespace(prometheus=prometheus, loki=loki)
    bare = SYSTEM.model_copy(update={"logs": None})
    assert len(seen_over_time(bare, clients, LOADS, "run", 1004.0, 0.25)) == 1
    none_sent = (replace(LOADS[0], requests=0),)
    assert seen_over_time(SYSTEM, clients, none_sent, "run", 1004.0, 0.25) == ()
    assert loki.asked == []
