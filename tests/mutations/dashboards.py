"""Ways of breaking what dashboards show, and what they were promised to have."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import Mutation, checks
from tests.mutations.project import Edit

DASHBOARD = "systems/reference/stack/dashboards/smokestack-application.json"
PROVIDER = "compose/grafana/provisioning/dashboards/dashboards.yml"
PROMETHEUS_SOURCE = "compose/grafana/provisioning/datasources/prometheus.yml"
CLIENTFORGE = "systems/clientforge/stack/dashboards/clientforge-backend.json"
RATE = '"sum by (service, status) (rate(http_requests_total{'
LOGS = '"title": "Warnings and errors"'

_of = partial(Mutation, suites=("targets", "dashboards"))

MUTATIONS = (
    _of(
        name="dashboard-asks-a-renamed-metric",
        check="dashboards.panels",
        changes=(Edit(DASHBOARD, RATE, RATE.replace("http_requests", "http_request")),),
        says=(
            "smokestack-application.json: panel 'Request rate', query A: gives no data: sum by ",
            'rate(http_request_total{service=~"(gateway|backend)",environment=~"local"}[2s500ms])',
        ),
    ),
    # PromQL that does not parse is told before anything is started.
    _of(
        name="dashboard-log-query-does-not-parse",
        check="dashboards.panels",
        changes=(Edit(DASHBOARD, "| json environment=", "| jsn environment="),),
        says=("panel 'Warnings and errors', query A: loki refuses it: ", "parse error"),
    ),
    # The server answers, with series full of NaN.
    _of(
        name="dashboard-shows-nothing-but-nan",
        check="dashboards.panels",
        changes=(
            Edit(
                DASHBOARD,
                '"expr": "histogram_quantile(0.95, ',
                '"expr": "NaN * histogram_quantile(0.95, ',
            ),
        ),
        says=("panel 'Latency, 95th percentile', query A: gives ", "none of them a number"),
    ),
    _of(
        name="dashboard-panel-removed",
        check="dashboards.panels",
        changes=(Edit(DASHBOARD, LOGS, '"title": "Lines"'),),
        says=("smokestack-application.json: panel 'Warnings and errors' is not there",),
    ),
    _of(
        name="dashboard-asks-an-unknown-source",
        check="dashboards.panels",
        changes=(Edit(DASHBOARD, '"uid": "loki"', '"uid": "logs"', times=2),),
        says=(
            "panel 'Warnings and errors', query A asks the data source logs, not in system.yaml",
        ),
    ),
    _of(
        name="dashboards-are-not-provisioned",
        check="dashboards.panels",
        changes=(Edit(PROVIDER, "path: /etc/grafana/dashboards", "path: /etc/grafana/boards"),),
        says=("dashboard smokestack-application is not there",),
        missed=checks("dashboards.content"),
    ),
    _of(
        name="dashboard-refreshed-too-seldom",
        check="dashboards.content",
        changes=(Edit(DASHBOARD, '"refresh": "30s"', '"refresh": "5m"'),),
        says=("it is refreshed every 5m, expected 30s",),
    ),
    _of(
        name="dashboard-asks-for-no-exemplars",
        check="dashboards.content",
        changes=(Edit(DASHBOARD, '"exemplar": true', '"exemplar": false'),),
        says=("panel 'Latency, 95th percentile', query A asks for no exemplars",),
    ),
    _of(
        name="dashboard-link-leads-elsewhere",
        check="dashboards.content",
        changes=(
            Edit(DASHBOARD, "%22datasource%22%3A%22loki%22", "%22datasource%22%3A%22l%22"),
            Edit(DASHBOARD, "%22uid%22%3A%22loki%22", "%22uid%22%3A%22l%22"),
        ),
        says=("panel 'Errors' has no link to loki (1 links in all)",),
    ),
    _of(
        name="dashboard-uid-changed",
        check="dashboards.content",
        changes=(Edit(DASHBOARD, '"uid": "smokestack-application"', '"uid": "application"'),),
        says=("dashboard smokestack-application is not there",),
        missed=checks("dashboards.panels"),
    ),
    # Nothing names it any more, and nothing shows that: the queries have as much data as before.
    _of(
        name="dashboard-variable-unused",
        check="dashboards.content",
        changes=(
            Edit(DASHBOARD, ',environment=~\\"$environment\\"', "", times=4),
            Edit(
                DASHBOARD,
                ' | json environment=\\"environment\\" | environment=~\\"$environment\\"',
                "",
            ),
        ),
        says=("its variable environment is in no query",),
    ),
    _of(
        name="data-source-leads-nowhere",
        check="dashboards.content",
        changes=(Edit(PROMETHEUS_SOURCE, "datasourceUid: tempo", "datasourceUid: traces"),),
        says=("prometheus.yml: data source prometheus does not lead to tempo",),
    ),
    _of(
        name="clientforge-panel-asks-another-label",
        check="dashboards.panels",
        changes=(Edit(CLIENTFORGE, 'level=\\"error\\"', 'severity=\\"error\\"'),),
        says=("clientforge-backend.json: panel 'Error Logs', query A: gives no data",),
        system="clientforge",
    ),
)
