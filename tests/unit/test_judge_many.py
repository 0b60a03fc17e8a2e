"""Many requests: what judging takes in memory grows by little, and no difference goes uncounted."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from smokestack.drive.kept import KeptLines, KeptTraces
from smokestack.judge import correlation, logs, traces
from smokestack.judge.conclude import NAMED, Differences, conclude
from smokestack.ledger import Ledger, Packed
from smokestack.results import Judgement, Verdict
from tests.unit.judged import EVIDENCE, SYSTEM, lines, request, trace

PAGE = 50
FEW, MANY = 100, 900
MOST_BYTES = 1_200
"""For one more request, at the peak: the ledger with its indexes, and the judges' own notes."""


def judged(number: int) -> Iterator[Judgement]:
    """What a run does with so many requests, from the ledger to the last judgement."""
    ledger = Ledger(Packed(request(n) for n in range(1, number + 1)))
    starts = range(0, number, PAGE)
    there = KeptLines(lines(ledger.requests[at : at + PAGE]) for at in starts)
    found = KeptTraces()
    for at in starts:
        found.add([trace(one) for one in ledger.requests[at : at + PAGE]])
    yield logs.identity(SYSTEM, ledger, there, EVIDENCE)
    yield logs.fields(SYSTEM, ledger, there, EVIDENCE)
    yield logs.timestamps(SYSTEM, ledger, there, EVIDENCE)
    yield logs.order(SYSTEM, there, EVIDENCE)
    yield traces.identity(SYSTEM, ledger, found.keys(), EVIDENCE)
    yield traces.complete(SYSTEM, ledger, found, EVIDENCE)
    yield traces.attributes(SYSTEM, ledger, found, EVIDENCE)
    yield traces.doubles(SYSTEM, ledger, found, found.spans, EVIDENCE)
    yield correlation.trace_to_logs(SYSTEM, ledger, found, there, EVIDENCE)
    yield correlation.logs_to_trace(SYSTEM, ledger, found, there, EVIDENCE)
    yield correlation.id_joins(SYSTEM, ledger, found, there, EVIDENCE)


def peak(number: int) -> int:
    """Bytes at the peak of judging so many."""
    tracemalloc.start()
    try:
        assert {one.verdict for one in judged(number)} == {Verdict.MET}
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_little_with_each_request() -> None:
    """Their lines and spans would be 10 kB and more."""
    assert (peak(MANY) - peak(FEW)) / (MANY - FEW) < MOST_BYTES


def test_all_differences_are_counted_and_the_first_are_named() -> None:
    """None of 3,000 traces is there."""
    ledger = Ledger(Packed(request(n) for n in range(1, 3_001)))
    judgement = traces.identity(SYSTEM, ledger, {}, EVIDENCE)
    assert judgement.summary.endswith("is lost (and 2999 more)")
    assert len(judgement.findings) == NAMED
    assert judgement.findings[0].detail.startswith("GET /both (id-1)")


@pytest.mark.parametrize(("number", "says"), [(1, "no 0"), (2, "no 0 (and 1 more)")])
def test_differences_read_as_findings_do(number: int, says: str) -> None:
    """One or more, in the words of the first."""
    found = Differences()
    for n in range(number):
        found.add(f"no {n}")
    judgement = conclude("fine", found)
    assert (judgement.verdict, judgement.summary) == (Verdict.MISSED, says)
    assert conclude("fine", Differences()).verdict is Verdict.MET
