"""Has Prometheus take another configuration while it runs, and its own again.

What is added is a job without scrape targets: it shows in what Prometheus runs, and asks and
stores nothing.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from smokestack import yaml_file
from smokestack.configuration import Loaded, Reloads
from smokestack.errors import ObservationError
from smokestack.observe.administration import Administration
from smokestack.wait import until

ADDED = "smokestack-reload"


def reloads(prometheus: Administration, file: Path, within_s: float) -> Reloads:
    """Change the file that Prometheus reads, break it, and put it back as it was. `within_s` is
    how long a job may take to be there.
    """
    own, before = file.read_bytes(), prometheus.loaded()
    try:
        _write(file, _with_jobs(file, 1))
        if (refused := prometheus.reload()) is not None:
            return Reloads(ADDED, before, refused)
        changed = _once(prometheus, before.jobs | {ADDED}, within_s)
        _write(file, _with_jobs(file, 1))  # a second job of that name
        refused_broken, broken = prometheus.reload(), prometheus.loaded()
    finally:
        _write(file, own)
        with contextlib.suppress(ObservationError):  # what follows says whether it is back
            prometheus.reload()
    restored = _once(prometheus, before.jobs, within_s)
    return Reloads(ADDED, before, None, changed, refused_broken, broken, restored)


def _with_jobs(file: Path, more: int) -> bytes:
    data = yaml_file.read(file).data
    jobs = [*(data.get("scrape_configs") or []), *[{"job_name": ADDED}] * more]
    return yaml_file.dump({**data, "scrape_configs": jobs}).encode()


def _write(file: Path, text: bytes) -> None:
    """In place: a container has this very file, and would not see another of its name."""
    with file.open("r+b") as held:
        held.write(text)
        held.truncate()


def _once(prometheus: Administration, jobs: frozenset[str], within_s: float) -> Loaded:
    """What runs once these jobs do, or at the end of the time."""
    waited = until(
        prometheus.loaded,
        lambda seen: seen.jobs == jobs,
        within_s=within_s,
        what="the reloaded configuration in Prometheus",
    )
    return waited.value or prometheus.loaded()
