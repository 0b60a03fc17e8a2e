"""What was seen of each request of a ledger and each service: one number each, and no text."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from smokestack.samples import Ledger


class Tallies:
    """A number for each request of a ledger, by its position in it, and each service."""

    def __init__(self, ledger: Ledger, services: Iterable[str]) -> None:
        self._of = {name: array("I", bytes(4 * len(ledger))) for name in services}

    def get(self, position: int, service: str) -> int:
        """What was noted; 0 for nothing."""
        return self._of[service][position]

    def add(self, position: int, service: str) -> int:
        """Count one more; how many there were before."""
        before = self._of[service][position]
        self._of[service][position] = before + 1
        return before

    def mark(self, position: int, service: str, bit: int) -> None:
        """Note that something is so; of a service that is not asked about, nothing."""
        if service in self._of:
            self._of[service][position] |= bit
