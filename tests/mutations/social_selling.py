"""Ways of breaking Social Selling's stack, which has databases and neither logs nor traces."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import COMPOSE, TARGETS, Mutation, checks
from tests.mutations.project import Edit

LACKING = checks(
    "metrics.exemplars", "latency.logs", "latency.traces", "latency.errors", "latency.health",
    "logs.count", "logs.identity", "logs.error-event", "logs.fields", "logs.timestamps",
    "logs.order", "deploy.log-errors", "deploy.new-errors",
    "traces.count", "traces.identity", "traces.complete", "traces.attributes", "traces.doubles",
    "correlation.exemplar-to-trace", "correlation.trace-to-logs", "correlation.logs-to-trace",
    "correlation.id-joins", "containers.output",
    "configuration.schema", "configuration.reload", "configuration.snapshot",
    "configuration.log-backup", "configuration.log-rotation", "resources.bytes-per-request",
    "resources.idle-cpu",
)  # fmt: skip

LOKI = "    image: grafana/loki:3.7.8\n    profiles: ["

_of = partial(Mutation, system="social-selling")

MUTATIONS = (
    # Its target is up, and it says that the database is not.
    _of(
        name="social-selling-exporter-is-nobody-to-the-database",
        check="metrics.families",
        changes=(Edit(COMPOSE, "DATA_SOURCE_USER: exporter", "DATA_SOURCE_USER: nobody"),),
        says=("no series of pg_stat_activity_count (gauge)",),
    ),
    # It says that it has no logs, and Loki runs.
    _of(
        name="social-selling-claims-less-than-it-runs",
        check="targets.versions",
        changes=(Edit(COMPOSE, LOKI, f"{LOKI}social-selling, "),),
        says=("loki runs, and system.yaml names no version of it",),
        suites=TARGETS,
    ),
)
