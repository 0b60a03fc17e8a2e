"""A sample of what others sent is read by a fixed number of questions, however much there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from smokestack.clients import Clients
from smokestack.drive.recent import EVENTS, Recent, Window, read
from smokestack.drive.slis import over_windows
from smokestack.errors import ObservationError, Unreachable
from smokestack.observe.prometheus import Prometheus
from smokestack.samples import Exemplar, LogLine, Series, Trace
from tests.unit.judged import AT, SYSTEM, exemplar, lines, request, trace
from tests.unit.test_judge_burn import SLO

SENT = [request(n) for n in range(1, 60)]
WINDOW = Window(AT, AT + 100, 5000)


@dataclass
class Servers:
    """All servers in one, as their clients show them: each question is kept."""

    held: Sequence[LogLine] = ()
    stored: dict[str, Trace] = field(default_factory=dict)
    examples: Sequence[Exemplar] = ()
    down: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.down:
            raise Unreachable(f"{what}: no connection")

    def latest(self, query: str, start: float, end: float, limit: int) -> list[LogLine]:
        """The access events of the entry service, or the lines that name an id."""
        self._ask("lines" if "|~" in query else "events")
        found = [one for one in self.held if start <= one.at < end]
        if "|~" in query:
            ids = query.partition("`")[2].replace("\\", "").strip("`").split("|")
            return [one for one in found if {*ids} & set(map(str, one.fields.values()))]
        return [one for one in found if one.labels["service_name"] == "front"][-limit:]

    def repeat_lines(self, *_: object) -> str:
        """A command."""
        return "curl"

    def latest_ids(self, start: float, end: float, *, limit: int) -> list[str]:
        """Of the store."""
        self._ask("trace ids")
        assert start < end
        return sorted(self.stored)[:limit]

    def by_ids(self, ids: Sequence[str]) -> dict[str, Trace]:
        """Of the store."""
        self._ask("traces")
        return {one: self.stored[one] for one in ids if one in self.stored}

    def exemplars(self, *_: object) -> list[Exemplar]:
        """Of Prometheus."""
        self._ask("exemplars")
        return list(self.examples)

    def sample(self) -> Recent:
        """What is read of them."""
        every: Any = SimpleNamespace(
            loki=self, of_loki=self, traces=self, of_traces=self, prometheus=self
        )
        return read(SYSTEM, cast("Clients", every), WINDOW)


def busy(**more: Any) -> Servers:
    """Servers that have all signals of all requests."""
    stored = {one.trace_id: trace(one) for one in SENT}
    return Servers(lines(SENT), stored, [exemplar(one) for one in SENT], **more)


def test_a_bounded_sample_is_followed_through_all_signals() -> None:
    """Of 59 requests those of 20 events, ten traces and ten exemplars, whole."""
    servers = busy()
    found = servers.sample()
    assert sorted(servers.asked) == ["events", "exemplars", "lines", "trace ids", "traces"]
    assert EVENTS <= len(found.ledger) <= EVENTS + 20
    assert len(found.lines) == 2 * len(found.ledger)
    assert found.traces.keys() == {one.trace_id for one in found.ledger.requests}
    assert len(found.exemplars) == 10
    assert found.asked.observed.startswith(f"{len(found.ledger)} requests of others sampled")


def test_a_server_that_does_not_answer_spoils_no_other_signal() -> None:
    """What could be read is there; what could not raises where it is looked at."""
    found = busy(down=("events", "exemplars")).sample()
    assert len(found.traces) == 10
    for what in ("lines", "exemplars"):
        with pytest.raises(ObservationError, match="no connection"):
            getattr(found, what)
    lost = busy(down=("traces",)).sample()
    assert len(lost.lines) > 2 * EVENTS
    with pytest.raises(ObservationError):
        _ = lost.traces


def test_where_nothing_is_recent_nothing_is_there() -> None:
    """No line, no trace: no further question but one for no traces."""
    servers = Servers()
    found = servers.sample()
    assert (len(found.ledger), found.lines, dict(found.traces)) == (0, (), {})
    with pytest.raises(ObservationError, match="no signal tells of a request to front in the 2 m"):
        _ = found.requests
    assert "lines" not in servers.asked


def test_what_might_end_the_query_is_not_asked_for() -> None:
    """An id of somebody else's making is not trusted."""
    odd = request(7, correlation_id="`} | x", trace_id="")
    servers = Servers(lines([odd]))
    assert len(servers.sample().lines) == 1
    assert "lines" not in servers.asked


def test_all_windows_of_an_slo_are_one_query() -> None:
    """Rates become numbers; a window without samples has none."""
    asked: list[str] = []

    def instant(query: str, at: float) -> list[Series]:
        asked.append(query)
        return [
            Series("", {"asked": "some 5m"}, 0.5, at),
            Series("", {"asked": "all 5m"}, 1.0, at),
        ]

    prometheus = cast("Prometheus", SimpleNamespace(instant=instant, repeat=lambda *_: "curl"))
    (short, long), repeat = over_windows(SLO, prometheus, ("5m", "1h"), 9.0)
    assert (short.good, short.total, long.total, repeat) == (150.0, 300.0, None, "curl")
    assert len(asked) == 1
    assert asked[0].count("label_replace(sum(rate(http_requests_total{") == 4
