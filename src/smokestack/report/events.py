"""Writes what happens in a run as it happens: one JSON object a line, each flushed at once.

Every line has `event`, `at` (seconds since the epoch) and `run_id`; docs/report.md has the rest.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import IO

from smokestack.errors import UsageError
from smokestack.report.causes import causes
from smokestack.results import CheckResult, RunResult, StackInfo, Verdict


def ready(info: StackInfo) -> dict[str, object]:
    """What is said of a stack that is there."""
    return {
        "backend": info.backend,
        "ready_s": round(info.ready_s, 3),
        "servers": [{"name": one.name, "version": one.version} for one in info.servers],
    }


def finished(check: CheckResult) -> dict[str, object]:
    """What is said of a check that has its verdict."""
    return {
        "check": check.id,
        "subject": check.subject,
        "suite": check.suite,
        "verdict": check.verdict.value,
        "summary": check.judgement.summary,
        "duration_s": round(check.duration_s, 3),
    }


def ended(result: RunResult, folder: Path, exit_code: int) -> dict[str, object]:
    """What is said of a run at its end."""
    counts = Counter(check.verdict for check in result.checks)
    return {
        "verdict": result.verdict.value,
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "causes": [cause.title for cause in causes(result.checks) if not cause.is_own],
        "interrupted": result.interrupted,
        "duration_s": round(result.duration_s, 3),
        "report": str(folder),
        "exit_code": exit_code,
    }


class EventStream:
    """The stream of one run. What cannot be written any more is no reason to end a run: `failed`
    then says why.
    """

    def __init__(self, file: IO[str], run_id: str) -> None:
        self._file = file
        self._run_id = run_id
        self._lock = threading.Lock()
        self.failed: str | None = None

    @classmethod
    def open(cls, path: Path, run_id: str) -> EventStream:
        """Begin a new file, or one that waits for a reader. Raises UsageError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return cls(path.open("w", encoding="utf-8"), run_id)
        except OSError as error:
            raise UsageError(
                f"--events {path} cannot be written: {error.strerror or error}",
                hint="name another file, or make room on its disk",
            ) from error

    def tell(self, event: str, **more: object) -> None:
        """Write one event. May be called from several threads."""
        told = {"event": event, "at": round(time.time(), 3), "run_id": self._run_id, **more}
        line = json.dumps(told) + "\n"
        with self._lock:
            if self.failed or self._file.closed:
                return
            try:
                self._file.write(line)
                self._file.flush()
            except OSError as error:
                self.failed = f"--events: {self._file.name}: {error.strerror or error}"

    def close(self) -> None:
        """No more events."""
        with self._lock:
            try:
                self._file.close()
            except OSError as error:
                self.failed = self.failed or f"--events: {error.strerror or error}"
