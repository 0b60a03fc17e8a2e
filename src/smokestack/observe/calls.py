"""What was sent to whom: every HTTP call of a run, counted, for `run.json` and the report."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class _Tally:
    """How often one call was made, and the seconds it took in all."""

    count: int = 0
    seconds: float = 0.0


class CallLog:
    """Counts calls by (server, method, path, status). Thread safe; one log serves all edges."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[tuple[str, str, str, int | None], _Tally] = {}

    def add(self, server: str, method: str, path: str, status: int | None, seconds: float) -> None:
        """Count one call that took `seconds`; `status` is None where no answer came."""
        with self._lock:
            tally = self._tallies.setdefault((server, method, path, status), _Tally())
            tally.count += 1
            tally.seconds += seconds

    def queries(self, server: str) -> int:
        """How many calls were made to this server so far."""
        with self._lock:
            return sum(tally.count for key, tally in self._tallies.items() if key[0] == server)

    def entries(self) -> tuple[dict[str, object], ...]:
        """One entry a distinct call: server, method, path, status, count, seconds; sorted."""
        with self._lock:
            ordered = sorted(self._tallies.items(), key=lambda item: tuple(map(str, item[0])))
            return tuple(_entry(*key, tally) for key, tally in ordered)


def _entry(
    server: str, method: str, path: str, status: int | None, tally: _Tally
) -> dict[str, object]:
    return {
        "server": server,
        "method": method,
        "path": path,
        "status": status,
        "count": tally.count,
        "seconds": round(tally.seconds, 6),
    }
