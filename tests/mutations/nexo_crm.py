"""Ways of breaking NEXO CRM's stack, which has no traces."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import APP, Mutation, checks
from tests.mutations.project import Edit

STACK = "systems/nexo-crm/stack/"
LACKING = checks(
    "metrics.exemplars", "latency.traces", "latency.health",
    "traces.count", "traces.identity", "traces.complete", "traces.attributes", "traces.doubles",
    "correlation.exemplar-to-trace", "correlation.trace-to-logs", "correlation.logs-to-trace",
    "correlation.id-joins", "resources.idle-cpu",
)  # fmt: skip

HOST_LOGS = checks("logs.host")
"""What other systems lack."""

_of = partial(Mutation, system="nexo-crm", suites=("metrics", "dashboards"))

MUTATIONS = (
    _of(
        name="nexo-crm-business-metric-renamed",
        check="dashboards.panels",
        changes=(Edit(f"{APP}crm.py", '"payment_failures"', '"payment_errors"'),),
        says=("nexo-crm.json: panel 'Payments', query B: gives no data",),
        missed=checks("metrics.families"),  # it is promised
    ),
    # Whose requests they are, the scrape configuration says, and nothing else.
    _of(
        name="nexo-crm-service-under-another-name",
        check="metrics.counter-delta",
        changes=(
            Edit(
                f"{STACK}prometheus.yml",
                "labels: {service: auth-service,",
                "labels: {service: auth,",
            ),
        ),
        says=("auth-service: POST /api/v1/auth/login 200: expected 4 counted, seen 0 (-4)",),
        missed=checks("dashboards.panels"),  # those of the auth service ask by that name
    ),
    _of(
        name="nexo-crm-host-logs-not-shipped",
        check="logs.host",
        changes=(
            Edit(
                f"{STACK}otel-collector.yml",
                "include: [/var/log/host/*.log,",
                "include: [/var/log/elsewhere/*.log,",
            ),
        ),
        says=(".log: lost, 0 of 1 lines",),
        suites=("logs",),
    ),
)
