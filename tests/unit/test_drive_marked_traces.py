"""The traces of a load are read page by page, and whole though a search shows them in part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import cast

import pytest

from smokestack.clients import Clients
from smokestack.drive import marked_traces
from smokestack.drive.marked_traces import MarkedTraces
from smokestack.samples import Trace
from tests.unit.judged import SYSTEM, ledger, request, trace

SENT = [request(n) for n in range(1, 8)]


@dataclass
class Store:
    """Has these traces, and shows them in pages."""

    shown: list[list[Trace]]
    whole: dict[str, Trace] = field(default_factory=dict)
    cuts: Sequence[float] = ()
    asked: list[str] = field(default_factory=list)

    def pages(self, *_: object, cuts: Sequence[float], limit: int) -> Iterator[list[Trace]]:
        """As a search shows them."""
        self.cuts = cuts
        assert limit > len(self.shown)
        return iter(self.shown)

    def by_id(self, trace_id: str) -> Trace | None:
        """Whole."""
        self.asked.append(trace_id)
        return self.whole.get(trace_id)


def marked(store: Store) -> MarkedTraces:
    """Those of one load in this store."""
    clients = cast("Clients", SimpleNamespace(traces=store))
    return MarkedTraces(SYSTEM, clients, ("run-load",), ledger(*SENT))


def test_pages_are_parted_at_the_times_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many requests lie between two cuts, whatever their rate was."""
    monkeypatch.setattr(marked_traces, "A_PAGE", 3)
    store = Store([[trace(one) for one in SENT[:3]], [trace(one) for one in SENT[2:]]])
    found = marked(store).whole()
    assert list(store.cuts) == [SENT[3].sent_at, SENT[6].sent_at]
    assert dict(found) == {one.trace_id: trace(one) for one in SENT}


def test_what_a_search_shows_in_part_is_asked_for_by_id() -> None:
    """A trace with fewer spans than its like is; one that is no larger by id stays as it is."""
    first, second, third = (trace(one) for one in SENT[:3])
    parts = [replace(one, spans=one.spans[:1]) for one in (first, second)]
    store = Store([[*parts, third]], whole={first.trace_id: first})
    found = marked(store).searched()
    assert store.asked == [first.trace_id, second.trace_id]
    assert dict(found) == {one.trace_id: one for one in (first, parts[1], third)}
    assert found.spans == 5


def test_what_was_read_is_kept_while_nothing_more_came() -> None:
    """Known by the number of spans that the store has received."""
    store = Store([[trace(one) for one in SENT[:2]]])
    reading = marked(store)
    assert reading.count_by_reading() == 2
    store.shown = [[trace(one) for one in SENT[:3]]]
    assert len(reading.read_again_unless(4)) == 2
    assert len(reading.read_again_unless(6)) == 3
