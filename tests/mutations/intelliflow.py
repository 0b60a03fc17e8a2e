"""Ways of breaking IntelliFlow's stack: what is pushed, and what its collector takes and scrubs."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import APP, COMPOSE, Mutation, checks
from tests.mutations.project import Edit

COLLECTOR = "systems/intelliflow/stack/otel-collector.yml"
INTERVAL = '      OTEL_METRIC_EXPORT_INTERVAL: "15000"\n'
PUSH = ("targets", "push")
TAKES = ("targets", "collector")
LACKING = checks("push.counter-delta", "push.freshness", "collector.scrubbing", "collector.cors")
"""What other systems lack."""
LACKS = checks(
    "queries.examples", "configuration.schema", "configuration.reload", "configuration.snapshot",
    "configuration.log-backup", "configuration.log-rotation", "resources.idle-cpu",
)  # fmt: skip
"""What this one lacks."""

_of = partial(Mutation, system="intelliflow")

MUTATIONS = (
    _of(
        name="pushed-twice-as-many",
        check="push.counter-delta",
        changes=(
            Edit(f"{APP}push.py", "self._requests.add(1, labels)", "self._requests.add(2, labels)"),
        ),
        says=("backend: GET /api/trpc/orders.byId 200: expected ", "pushed as trpc_request_total"),
        suites=PUSH,
    ),
    _of(
        name="pushed-as-differences",
        check="push.counter-delta",
        changes=(
            Edit(
                COMPOSE,
                INTERVAL,
                INTERVAL + "      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: delta\n",
            ),
        ),
        says=("backend: GET /api/trpc/orders.byId 200: expected ", "seen 0"),
        missed=checks("push.freshness"),  # Prometheus takes none of them
        suites=PUSH,
    ),
    _of(
        name="pushed-too-seldom",
        check="push.freshness",
        changes=(Edit(COMPOSE, INTERVAL, INTERVAL.replace("15000", "120000")),),
        says=("s between two pushes, 1.25 s allowed",),
        either=checks("push.counter-delta"),  # the first one may come after the first request
        suites=PUSH,
    ),
    _of(
        name="cookies-not-scrubbed",
        check="collector.scrubbing",
        changes=(Edit(COLLECTOR, "      - '(?i).*cookie.*'\n", ""),),
        says=("attribute http.request.header.cookie of the span has its secret: session=<secret>",),
        suites=TAKES,
    ),
    _of(
        name="any-page-may-send",
        check="collector.cors",
        changes=(Edit(COLLECTOR, '["https://app.intelliflow.ai"]', '["*"]'),),
        says=("https://intelliflow.ai.example.com may send, and must not",),
        suites=TAKES,
    ),
)
