"""The ledger in columns is the ledger as it was sent: nothing is lost on the way, or mixed up."""

from __future__ import annotations

import pytest

from smokestack.ledger import Ledger, Packed, by_route
from tests.unit.judged import request

SENT = (
    request(1),
    request(2, "/health", echoed_id="someone else's"),
    request(3, status=None, echoed_id=None, error="no answer within 10 s"),
    request(4, "/error", status=500, load="other"),
)


def test_what_is_packed_comes_back() -> None:
    """Every field of every request, also of those that are not as usual."""
    packed = Packed(SENT)
    assert tuple(packed) == SENT
    assert [packed[n] for n in range(4)] == list(SENT)
    assert (packed[-1], packed[1:3], len(packed)) == (SENT[-1], SENT[1:3], 4)
    with pytest.raises(IndexError):
        packed[4]


def test_a_number_that_is_none_is_refused() -> None:
    """A ledger line of another tool is not taken for a request."""
    with pytest.raises(TypeError):
        Packed([request(1, sent_at="yesterday")])


def test_ledgers_are_joined_without_a_copy() -> None:
    """In their order, by position too; an empty one adds nothing."""
    first, second = Ledger(Packed(SENT[:2])), Ledger(SENT[2:])
    both = first + second
    assert tuple(both.requests) == SENT
    assert [both.requests[n] for n in (0, 1, 2, 3, -1)] == [*SENT, SENT[3]]
    assert (Ledger() + first is first, first + Ledger() is first) == (True, True)
    with pytest.raises(IndexError):
        both.requests[4]


@pytest.mark.parametrize("requests", [SENT, Packed(SENT)], ids=["objects", "columns"])
def test_a_ledger_says_the_same_of_either(requests: tuple[object, ...]) -> None:
    """Counts, unknown requests, times, and requests by their ids."""
    ledger = Ledger(requests)  # type: ignore[arg-type]
    assert ledger.counts == {
        ("GET", "/both", 200): 1,
        ("GET", "/health", 200): 1,
        ("POST", "/error", 500): 1,
    }
    assert ledger.unknown == SENT[2:3]
    assert (ledger.first_at, ledger.last_at) == (SENT[0].sent_at, SENT[3].ended_at)
    assert ledger.of_trace(SENT[1].trace_id) == SENT[1]
    assert ledger.of_correlation(SENT[3].correlation_id) == SENT[3]
    assert (ledger.of_trace("none"), ledger.of_correlation("")) == (None, None)
    assert [one["count"] for one in by_route(ledger.requests)] == [1, 1, 1, 1]


def test_an_empty_ledger_has_no_times() -> None:
    """Zero stands for none."""
    assert (Ledger().first_at, Ledger(Packed()).last_at, len(Ledger(Packed()))) == (0.0, 0.0, 0)
