"""Takes a snapshot of Prometheus' data away from it, and has promtool read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from smokestack.configuration import Snapshot
from smokestack.drive.true_time import RunTool
from smokestack.matchers import NAME
from smokestack.observe.administration import Administration
from smokestack.samples import Series

Fetch = Callable[[str, Path], None]
"""Copies a folder, as the server sees it, to a new one here."""

_SAMPLE = re.compile(r"\{(.*)\} (\S+) (\d+)")
_LABEL = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')


def take(
    prometheus: Administration, selector: str, fetch: Fetch, run: RunTool, folder: Path
) -> Snapshot:
    """The samples of a selector that a new snapshot has. `folder` must not be there yet.

    Raises StackError where it cannot be fetched, or promtool cannot run.
    """
    name, refused = prometheus.snapshot()
    if refused is not None:
        return Snapshot("", failed=f"Prometheus takes no snapshot: {refused}")
    fetch(f"{prometheus.data_folder()}/snapshots/{name}", folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    # A snapshot has blocks alone, and promtool reads nothing without the folder of a log.
    (folder / "wal").mkdir()
    ran = run("promtool", ["tsdb", "dump", f"--match={selector}", "."], folder)
    if ran.code != 0:
        said = ran.output.strip()[-300:]
        return Snapshot(name, size=size, failed=f"promtool cannot read the snapshot: {said}")
    return Snapshot(name, tuple(dumped(ran.output)), size)


def dumped(text: str) -> Iterator[Series]:
    """The lines of `promtool tsdb dump`: `{__name__="up", job="a"} 1 1795282919158`.

    A marker of staleness, as a failed scrape leaves it, is dumped as NaN: no sample, as for
    Prometheus' own API.
    """
    for line in text.splitlines():
        found = _SAMPLE.fullmatch(line)
        if found and found[2] != "NaN":
            labels = {name: str(json.loads(value)) for name, value in _LABEL.findall(found[1])}
            metric = labels.pop(NAME, "")
            yield Series(metric, labels, float(found[2]), int(found[3]) / 1000)
