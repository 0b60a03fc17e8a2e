"""The ledger as a file: one JSON object a line and request, and a closing line.

The scenario's process writes it, the harness reads it; the closing line, `{"end": true,
"requests": N, …}`, tells a whole ledger from one whose writer was killed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smokestack.errors import LoadError
from smokestack.ledger import Packed
from smokestack.load.schedule import Planned
from smokestack.samples import Ledger, Request

_BUFFER = 1 << 16


class LedgerWriter:
    """Appends requests to the file, buffered. Without a path it only counts.

    Lines are formatted by hand: json.dumps would take three times as long, and what keeping a
    ledger costs is bounded (benchmarks/ledger_cost.py).
    """

    def __init__(self, path: Path | None, *, load: str) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=_BUFFER) if path else None
        self._load = json.dumps(load)
        self._known: dict[tuple[str, str], str] = {}
        self.requests = 0
        self.unexpected: Counter[str] = Counter()

    def add(
        self,
        n: int,
        planned: Planned,
        *,
        status: int | None,
        intended_at: float,
        sent_at: float,
        latency_s: float,
        trace_id: str,
        span_id: str,
        correlation_id: str,
        echoed_id: str | None,
        error: str | None,
    ) -> None:
        """Record one request and what became of it."""
        self.requests += 1
        if status is not None and status != planned.expected:
            self.unexpected[f"{planned.method} {planned.route} {status}"] += 1
        if self._file is None:
            return
        echoed = f'"{correlation_id}"' if echoed_id == correlation_id else json.dumps(echoed_id)
        self._file.write(
            f'{{"n":{n},{self._what(planned)},"status":{"null" if status is None else status},'
            f'"intended_at":{intended_at:.6f},"sent_at":{sent_at:.6f},"latency_s":{latency_s:.7f},'
            f'"trace_id":"{trace_id}","span_id":"{span_id}","correlation_id":"{correlation_id}",'
            f'"echoed_id":{echoed},"error":{"null" if error is None else json.dumps(error)}}}\n'
        )

    def _what(self, planned: Planned) -> str:
        key = (planned.method, planned.route)
        known = self._known.get(key)
        if known is None:
            method, route = json.dumps(planned.method), json.dumps(planned.route)
            known = f'"load":{self._load},"method":{method},"route":{route}'
            self._known[key] = known
        return known

    def flush(self) -> None:
        """Let readers see what was recorded so far."""
        if self._file is not None and not self._file.closed:
            self._file.flush()

    @property
    def is_open(self) -> bool:
        """Whether there is a file that still lacks its closing line."""
        return self._file is not None and not self._file.closed

    def close(self, *, asked: int | None, reason: str) -> None:
        """Write the closing line, once: how many were asked for, and why the scenario ended."""
        if self._file is None or self._file.closed:
            return
        end = {
            "end": True,
            "requests": self.requests,
            "asked": asked,
            "reason": reason,
            "unexpected": dict(self.unexpected),
        }
        self._file.write(json.dumps(end) + "\n")
        self._file.close()


@dataclass(frozen=True)
class LedgerFile:
    """A whole ledger as read back. `asked` is None when no number was asked for."""

    ledger: Ledger
    asked: int | None
    reason: str
    unexpected: Mapping[str, int] = field(default_factory=dict)
    """Answers other than the scenario meant to get: `METHOD route status` -> how many."""


def read(path: Path) -> LedgerFile:
    """Read a ledger.

    Raises:
        LoadError: there is none, a line is not a request, or its end is missing.
    """
    try:
        with path.open(encoding="utf-8") as file:
            requests, end = _take_apart(file, path)
    except FileNotFoundError as error:
        raise LoadError(f"there is no ledger at {path}: the scenario never began") from error
    if end is None:
        raise LoadError(
            f"{path} breaks off: it has {len(requests)} requests and no closing line. "
            "What was sent after them is not known",
            hint="the scenario was killed, or it still runs; its log stands beside the ledger",
        )
    if end.get("requests") != len(requests):
        raise LoadError(
            f"{path} is not whole: it has {len(requests)} requests, "
            f"and its closing line says {end.get('requests')}"
        )
    reason, unexpected = str(end.get("reason", "")), dict(end.get("unexpected", {}))
    return LedgerFile(Ledger(requests), end.get("asked"), reason, unexpected)


def _take_apart(lines: Iterable[str], path: Path) -> tuple[Packed, dict[str, Any] | None]:
    requests = Packed()
    for number, said in _objects(lines, path):
        if said.get("end") is True:
            return requests, said
        try:
            requests.append(Request(**said))
        except TypeError as error:
            raise LoadError(f"{path}:{number}: not a ledger line: {error}") from error
    return requests, None


def _objects(lines: Iterable[str], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line by line: a ledger may be far larger than what is kept of it."""
    cut_off: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if cut_off:  # there is more after it, so that it is no line that was being written
            raise LoadError(f"{path}:{cut_off[0]}: not a ledger line: {cut_off[1][:80]!r}")
        try:
            said = json.loads(line)
        except ValueError:
            cut_off = number, line.rstrip("\n")
            continue
        yield number, said
