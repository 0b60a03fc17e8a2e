"""Lines and traces on disk are those that were added, however often they are read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from smokestack.drive.kept import KeptLines, KeptTraces
from smokestack.spool import Spool
from tests.unit.judged import line, lines, request, span, trace

ONE, TWO, THREE = request(1), request(2), request(3)


def test_pages_come_back_in_any_order() -> None:
    """As they were added, also beside one that is added meanwhile."""
    spool = Spool()
    pages = [[("a", 1, 1.5, None, True)], [], [{"key": ["value"]}]]
    assert [spool.add(page) for page in pages] == [0, 1, 2]
    reading = iter(spool)
    assert next(reading) == pages[0]
    spool.add("more")
    assert [spool.page(2), spool.page(0), len(spool)] == [pages[2], pages[0], 4]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has no name while it is written, and its descriptor is closed with the spool."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = Spool()
    spool.add("page")
    descriptor = spool._file
    assert list(tmp_path.iterdir()) == []
    del spool
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_lines_are_read_as_often_as_they_are_asked_for() -> None:
    """In the order of their pages, whole."""
    odd = replace(line(ONE), labels=MappingProxyType({"a": "b"}), fields={}, text="no JSON")
    there = [*lines([ONE, TWO]), odd]
    kept = KeptLines([there[:3], [], there[3:]])
    assert (list(kept), list(kept), len(kept)) == (there, there, 5)
    assert there[0] in kept
    assert line(THREE) not in kept


def test_traces_are_a_mapping() -> None:
    """By id, in the order in which they came; all their spans are counted."""
    kept = KeptTraces()
    kept.add([trace(TWO), trace(ONE)])
    kept.add([])
    kept.add([trace(THREE)])
    assert dict(kept) == {one.trace_id: trace(one) for one in (TWO, ONE, THREE)}
    assert list(kept) == [TWO.trace_id, ONE.trace_id, THREE.trace_id]
    assert (len(kept), kept.spans, "none" in kept, kept.get("none")) == (3, 6, False, None)


def test_of_a_trace_that_comes_twice_the_larger_part_is_kept() -> None:
    """Pages overlap in time, and a trace may grow between them; it never shrinks."""
    whole = trace(ONE)
    part, more = replace(whole, spans=whole.spans[:1]), span(ONE, "back", 9, "")
    kept = KeptTraces()
    for seen in (part, whole, part):
        kept.add([seen])
    assert (kept[ONE.trace_id], kept.spans, len(kept)) == (whole, 2, 1)
    grown = replace(whole, spans=(*whole.spans, more))
    kept.add([grown, trace(TWO)])
    assert (kept[ONE.trace_id], kept.spans, len(kept)) == (grown, 5, 2)


def test_more_pages_than_stand_in_memory() -> None:
    """Those of long ago are read again."""
    kept = KeptTraces()
    sent = [request(n) for n in range(1, 21)]
    for one in sent:
        kept.add([trace(one)])
    assert [kept[one.trace_id] for one in reversed(sent)] == [trace(one) for one in reversed(sent)]
