"""The ledger file: what is written is read, and what is missing is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smokestack.errors import LoadError
from smokestack.load.ledger_file import LedgerWriter, read
from smokestack.load.schedule import Planned
from smokestack.samples import Request

PLANNED = Planned("GET", "/orders/{order_id}", "/orders/7")


def add(writer: LedgerWriter, n: int, **what: object) -> None:
    """Record the n-th request, with what is not as usual."""
    said: dict[str, object] = {
        "status": 200,
        "intended_at": 10.0,
        "sent_at": 10.25,
        "latency_s": 0.0031234,
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "correlation_id": f"r-l-{n:06d}",
        "echoed_id": f"r-l-{n:06d}",
        "error": None,
    } | what
    writer.add(n, PLANNED, **said)  # type: ignore[arg-type]


def written(path: Path, *, close: bool = True) -> Path:
    """A ledger of three requests."""
    writer = LedgerWriter(path, load="l")
    add(writer, 1)
    add(writer, 2, status=None, echoed_id=None, error='lost: "quoted"\nand so on')
    add(writer, 3, echoed_id="someone else's")
    if close:
        writer.close(asked=3, reason="all requests were sent")
    writer.flush()
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Every field of every request survives, quotes and line breaks included."""
    file = read(written(tmp_path / "ledger.jsonl"))
    first, second, third = file.ledger.requests
    assert first == Request(
        1, "l", "GET", "/orders/{order_id}", 200, 10.0, 10.25, 0.0031234,
        "a" * 32, "b" * 16, "r-l-000001", "r-l-000001",
    )  # fmt: skip
    assert (second.status, second.error) == (None, 'lost: "quoted"\nand so on')
    assert third.echoed_id == "someone else's"
    assert (file.asked, file.reason) == (3, "all requests were sent")


def test_every_line_is_json(tmp_path: Path) -> None:
    """Other tools can read it, too."""
    lines = written(tmp_path / "ledger.jsonl").read_text().splitlines()
    assert [json.loads(line).get("n") for line in lines] == [1, 2, 3, None]


def test_a_ledger_without_its_end_is_noticed(tmp_path: Path) -> None:
    """A killed writer leaves no closing line: says how many requests there are."""
    with pytest.raises(LoadError, match="has 3 requests and no closing line"):
        read(written(tmp_path / "ledger.jsonl", close=False))


def test_a_ledger_cut_off_within_a_line_is_noticed(tmp_path: Path) -> None:
    """Half a line is not a request."""
    path = written(tmp_path / "ledger.jsonl", close=False)
    path.write_text(path.read_text()[:-40])
    with pytest.raises(LoadError, match="has 2 requests and no closing line"):
        read(path)


def test_a_missing_line_is_noticed(tmp_path: Path) -> None:
    """The closing line tells how many there should be."""
    path = written(tmp_path / "ledger.jsonl")
    path.write_text("\n".join(path.read_text().splitlines()[1:]))
    with pytest.raises(LoadError, match="has 2 requests, and its closing line says 3"):
        read(path)


@pytest.mark.parametrize("line", ["rubbish", '{"n": 1}', '{"colour": "red"}'])
def test_a_line_that_is_no_request_is_named(tmp_path: Path, line: str) -> None:
    """File and line number are in the message."""
    path = written(tmp_path / "ledger.jsonl")
    path.write_text(line + "\n" + path.read_text())
    with pytest.raises(LoadError, match=r"ledger\.jsonl:1: not a ledger line"):
        read(path)


def test_no_ledger_at_all_is_said(tmp_path: Path) -> None:
    """A scenario that never began is told from one that broke off."""
    with pytest.raises(LoadError, match="never began"):
        read(tmp_path / "none.jsonl")


def test_closing_twice_writes_one_end(tmp_path: Path) -> None:
    """Locust's end has several ways, and they meet."""
    writer = LedgerWriter(tmp_path / "l.jsonl", load="l")
    writer.close(asked=None, reason="first")
    writer.close(asked=None, reason="second")
    assert read(tmp_path / "l.jsonl").reason == "first"


def test_without_a_path_it_only_counts() -> None:
    """`off` is for measuring what a ledger costs."""
    writer = LedgerWriter(None, load="l")
    add(writer, 1)
    writer.flush()
    writer.close(asked=None, reason="")
    assert writer.requests == 1
