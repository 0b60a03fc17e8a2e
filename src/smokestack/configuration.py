"""What servers say of their own configuration, and how they take another one."""

from __future__ import annotations

from dataclasses import dataclass

from smokestack.samples import Series


@dataclass(frozen=True)
class Retention:
    """For how many seconds, and up to how many bytes, a server keeps what it has; None is for ever,
    or without a bound. `enforced` is whether it deletes at all.
    """

    seconds: float | None
    size: float | None = None
    enforced: bool = True


@dataclass(frozen=True)
class LogSchema:
    """How Loki stores what it takes today."""

    version: str
    store: str
    index_period_s: float


@dataclass(frozen=True)
class Intervals:
    """What Prometheus does in seconds where a job or a group says nothing else."""

    scrape_s: float
    evaluation_s: float


@dataclass(frozen=True)
class Loaded:
    """The configuration that Prometheus runs with: its jobs, when it was taken in, whether the
    last attempt succeeded, and since when the process runs.
    """

    jobs: frozenset[str]
    at: float
    successful: bool
    started_at: float


@dataclass(frozen=True)
class Reloads:
    """Prometheus asked to take a configuration with one more job, one that is broken, and its own
    again. `refused` is what it said against the first, None where it took it: then the rest is
    there. `refused_broken` is what it said against the second.
    """

    added: str
    before: Loaded
    refused: str | None
    changed: Loaded | None = None
    refused_broken: str | None = None
    broken: Loaded | None = None
    restored: Loaded | None = None


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of Prometheus' data, read back by another program. `failed` is why there is none,
    or why it cannot be read.
    """

    name: str
    samples: tuple[Series, ...] = ()
    size: int = 0
    failed: str | None = None
