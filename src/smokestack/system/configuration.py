"""What must be true of the servers' own configuration, as they themselves say it."""

from __future__ import annotations

from typing import Literal

from smokestack.system.units import Bytes, Seconds, Section

Kept = Literal["metrics", "logs", "traces"]
"""What is kept for a time."""


class MetricsRetention(Section):
    """How long metrics are kept, and up to what size; any size where none is named."""

    time: Seconds
    size: Bytes | None = None


class Retention(Section):
    """How long each signal is kept. What is absent is not promised."""

    metrics: MetricsRetention | None = None
    logs: Seconds | None = None
    traces: Seconds | None = None

    def of(self, kept: Kept) -> MetricsRetention | None:
        """What is promised of a signal."""
        if kept == "metrics":
            return self.metrics
        time = self.logs if kept == "logs" else self.traces
        return None if time is None else MetricsRetention.model_construct(time=time)


class LogSchema(Section):
    """How Loki must store what it takes today."""

    version: str
    store: str
    index_period: Seconds


class Intervals(Section):
    """How often Prometheus scrapes and evaluates where a job or a group says nothing else."""

    scrape: Seconds
    evaluation: Seconds


class LogRotation(Section):
    """The options of each container's log driver, as Docker is given them."""

    max_size: str
    max_file: int


class Configuration(Section):
    """Configuration truths. `reload` and `snapshot` are whether Prometheus must take them,
    `log_backup` is whether a copy of Loki's data can be read.
    """

    retention: Retention = Retention()
    log_schema: LogSchema | None = None
    intervals: Intervals | None = None
    reload: bool = False
    snapshot: bool = False
    log_backup: bool = False
    log_rotation: LogRotation | None = None
