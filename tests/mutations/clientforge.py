"""Ways of breaking ClientForge's stack, which has neither traces nor Alertmanager."""

from __future__ import annotations

from functools import partial

from tests.mutations import mutation
from tests.mutations.mutation import APP, COMPOSE, TARGETS, Mutation, checks
from tests.mutations.project import Edit

STACK = "systems/clientforge/stack/"
LACKING = checks(
    "metrics.exemplars", "latency.traces",
    "traces.count", "traces.identity", "traces.complete", "traces.attributes", "traces.doubles",
    "correlation.exemplar-to-trace", "correlation.trace-to-logs", "correlation.logs-to-trace",
    "correlation.id-joins",
    "slo.agreement", "slo.objective",
    "configuration.reload", "configuration.snapshot", "configuration.log-rotation",
    "configuration.log-backup",
    "notifications.routing", "notifications.grouping", "notifications.inhibition",
    "notifications.silence", "notifications.resolved",
    "alerts.held-below", "alerts.fires", "alerts.alertmanager", "alerts.delivered",
    "alerts.content", "alerts.resolved", "alerts.hop-times",
    "latency.alerts", "latency.errors", "latency.health",
)  # fmt: skip

ALERTMANAGER = "    image: prom/alertmanager:v0.31.1\n    profiles: ["
_of = partial(Mutation, system="clientforge")

MUTATIONS = (
    _of(
        name="clientforge-errors-not-counted",
        check="metrics.counter-delta",
        changes=(Edit(f"{APP}metrics.py", "labels.status >= 400", "labels.status >= 600"),),
        says=("backend: POST /api/v1/test/error 500: expected ", "in http_request_errors_total"),
        missed=checks("metrics.families"),  # the counter is promised, and has no series
    ),
    _of(
        name="clientforge-histogram-in-milliseconds-lost",
        check="metrics.histogram-count",
        changes=(
            Edit(f"{APP}personalities.py", '"http_request_duration_ms"', '"http_request_time_ms"'),
        ),
        says=("backend: GET /api/v1/health 200: counter ", ", http_request_duration_ms 0"),
        missed=checks(
            "metrics.families",  # it is promised
            "metrics.naming",  # that other name is not, and it is no base unit
        ),
    ),
    _of(
        name="clientforge-logs-not-shipped",
        check="logs.count",
        changes=(
            Edit(f"{STACK}otel-collector.yml", "app/backend/combined.log", "app/backend/other.log"),
        ),
        says=("backend: GET /api/v1/health 200: expected ", "seen 0", "log file → collector"),
        missed=checks("logs.identity", "logs.error-event", "latency.logs"),
        unmeasured=checks("logs.fields", "logs.timestamps", "logs.order"),  # no line to look at
    ),
    # It says that it has no Alertmanager, and one runs.
    _of(
        name="clientforge-claims-less-than-it-runs",
        check="targets.versions",
        changes=(Edit(COMPOSE, ALERTMANAGER, f"{ALERTMANAGER}clientforge, "),),
        says=("alertmanager runs, and system.yaml names no version of it",),
        suites=TARGETS,
    ),
    # The rule that is there for the time when there is an Alertmanager.
    _of(
        name="clientforge-rule-allows-more",
        check="alerts.true-time",
        changes=(Edit(f"{STACK}rules/backend.yml", "> 0.05", "> 0.06"),),
        says=("HighErrorRate does not fire after ", " above its threshold 0.05"),
        suites=mutation.ALERTS,
    ),
)
