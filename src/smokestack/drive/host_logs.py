"""Writes a line into a log file of the host, in the run's own folder, and waits for it in Loki."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smokestack.drive.queries import SLACK_S
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.loki import Loki
from smokestack.results import Evidence
from smokestack.samples import LogLine
from smokestack.system import given
from smokestack.system.signals import Logs
from smokestack.wait import Waited, pause, until


@dataclass(frozen=True)
class HostLine:
    """Where the line was found: under the selector of the host, and of the application."""

    file: str
    waited: Waited[Sequence[LogLine]]
    lines: Sequence[LogLine]
    strays: Sequence[LogLine]
    asked: tuple[Evidence, ...]


def ship(loki: Loki, logs: Logs, folder: Path, run_id: str, deadlines: Deadlines) -> HostLine:
    """Write one line that only this run can have written into a file in `folder`.

    Both places are read after a quiet window, so that a second copy shows. Raises ObservationError
    where Loki cannot be asked.
    """
    since, mark = time.time() - SLACK_S, f"{run_id}-host"
    host = given(logs.host).selector
    file = _written(folder / f"smokestack-{run_id}.log", mark)

    def found(selector: str) -> Sequence[LogLine]:
        return loki.lines(f"{selector} |= `{mark}`", since, time.time() + SLACK_S)

    waited = until(
        lambda: found(host),
        within_s=deadlines.logs_s,
        describe=lambda lines: f"{len(lines)} lines",
        what="the host's log files in Loki",
    )
    if waited.error is not None:
        raise waited.error
    pause(deadlines.quiet_s)
    lines, strays = found(host), found(logs.selector)
    asked = tuple(
        Evidence(
            "lines",
            f"{selector} |= `{mark}`",
            f"{len(seen)} lines",
            wanted,
            loki.repeat_lines(f"{selector} |= `{mark}`", since, time.time()),
        )
        for selector, seen, wanted in (
            (host, lines, f"the one that was written to {file.name}"),
            (logs.selector, strays, "nothing of the host"),
        )
    )
    return HostLine(file.name, waited, lines, strays, asked)


def _written(file: Path, mark: str) -> Path:
    """A line such as any program of the host writes. Everybody may read it: the shipper does not
    run as we do.
    """
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with file.open("a", encoding="utf-8") as stream:
        file.chmod(0o644)
        stream.write(f"{now} smokestack: {mark} wrote this line\n")
    return file
