"""Every mutation, in the order of the suites."""

from __future__ import annotations

from tests.mutations import (
    alerts,
    clientforge,
    configuration,
    dashboards,
    grafana,
    intelliflow,
    latency,
    load,
    logs,
    metrics,
    nexo_crm,
    notifications,
    overhead,
    queries,
    resources,
    slo,
    social_selling,
    targets,
    traces,
)

MUTATIONS = (
    *alerts.MUTATIONS,  # the longest first, so that none is left over at the end
    *notifications.MUTATIONS,
    *targets.MUTATIONS,
    *metrics.MUTATIONS,
    *logs.MUTATIONS,
    *traces.MUTATIONS,
    *latency.MUTATIONS,
    *slo.MUTATIONS,
    *grafana.MUTATIONS,
    *dashboards.MUTATIONS,
    *queries.MUTATIONS,
    *configuration.MUTATIONS,
    *resources.MUTATIONS,
    *load.MUTATIONS,
    *clientforge.MUTATIONS,
    *nexo_crm.MUTATIONS,
    *intelliflow.MUTATIONS,
    *social_selling.MUTATIONS,
    *overhead.MUTATIONS,
)
LACKING = {
    "reference": intelliflow.LACKING | nexo_crm.HOST_LOGS,
    "clientforge": load.LACKING
    | clientforge.LACKING
    | intelliflow.LACKING
    | nexo_crm.HOST_LOGS
    | grafana.MORE
    | (overhead.LACKING - overhead.METRICS_AND_LOGS),
    "nexo-crm": load.LACKING | nexo_crm.LACKING | intelliflow.LACKING | overhead.LACKING,
    "intelliflow": load.LACKING
    | intelliflow.LACKS
    | nexo_crm.HOST_LOGS
    | grafana.MORE
    | (overhead.LACKING - overhead.TRACES),
    "social-selling": load.LACKING
    | social_selling.LACKING
    | intelliflow.LACKING
    | nexo_crm.HOST_LOGS
    | (grafana.MORE - grafana.BACKUP)
    | overhead.LACKING,
}
"""The checks that are skipped in each system, since it has no such thing."""

BY_NAME = {mutation.name: mutation for mutation in MUTATIONS}
