"""Ways of breaking Grafana, its data sources and its dashboards.

They run with the small Grafana of tests/stack/small_grafana.py: no real one can be had here.
"""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import COMPOSE, Mutation, checks
from tests.mutations.project import Edit

LOKI = "compose/grafana/provisioning/datasources/loki.yml"
DASHBOARDS = "compose/grafana/provisioning/dashboards/dashboards.yml"
HEARTBEAT = "compose/grafana/provisioning/alerting/heartbeat.yml"
DASHBOARD = "systems/reference/stack/dashboards/smokestack-application.json"

_of = partial(Mutation, suites=("targets", "grafana"))

BACKUP = checks("grafana.backup")
MORE = BACKUP | checks("grafana.deployments", "grafana.heartbeat")
"""What a system may lack although it has Grafana."""

MUTATIONS = (
    # Its disk is gone after it was ready. The small Grafana is told to do so.
    _of(
        name="grafana-database-fails",
        check="grafana.health",
        changes=(
            Edit(
                COMPOSE,
                "      GF_LOG_MODE: console\n",
                "      GF_LOG_MODE: console\n      SMALL_GRAFANA_DATABASE: fails\n",
            ),
        ),
        says=("Grafana's database is failing",),
    ),
    _of(
        name="grafana-data-source-leads-elsewhere",
        check="grafana.datasources",
        changes=(Edit(LOKI, "http://loki:3100", "http://prometheus:9090"),),
        says=("data source loki is not healthy: ERROR", "data source loki could not be asked"),
        missed=checks("grafana.panels"),  # one of them asks Loki
    ),
    _of(
        name="grafana-data-source-of-another-type",
        check="grafana.datasources",
        changes=(Edit(LOKI, "type: loki", "type: prometheus"),),
        says=("data source loki is of type prometheus, expected loki",),
        missed=checks("grafana.panels"),
    ),
    _of(
        name="grafana-data-source-under-another-uid",
        check="grafana.datasources",
        changes=(Edit(LOKI, "    uid: loki", "    uid: logs"),),
        says=("data source loki (loki) is not there", "logs (loki) is not in system.yaml"),
        missed=checks("grafana.dashboards", "grafana.panels"),  # a panel asks for it by its uid
    ),
    _of(
        name="grafana-panel-without-data-source",
        check="grafana.dashboards",
        changes=(Edit(DASHBOARD, '"uid": "loki"', '"uid": "logs"', times=2),),
        says=("panel 'Warnings and errors' asks the data source logs, which is not there",),
        missed=checks("grafana.panels"),
    ),
    _of(
        name="grafana-dashboards-not-provisioned",
        check="grafana.dashboards",
        changes=(Edit(DASHBOARDS, "path: /etc/grafana/dashboards", "path: /etc/grafana/boards"),),
        says=("dashboard smokestack-application is not there",),
        missed=checks("grafana.panels", "grafana.deployments", "grafana.backup"),
    ),
    # Its server answers, but Grafana has lost the plugin that would ask.
    _of(
        name="grafana-plugin-not-registered",
        check="grafana.panels",
        changes=(
            Edit(
                COMPOSE,
                "      GF_LOG_MODE: console\n",
                "      GF_LOG_MODE: console\n      SMALL_GRAFANA_LACKS: prometheus\n",
            ),
        ),
        says=("panel 'Request rate', query A: prometheus refuses it: Plugin not registered",),
        missed=checks("grafana.datasources"),
    ),
    # Who deploys marks it with other tags than the dashboard asks for.
    _of(
        name="grafana-dashboard-asks-for-other-annotations",
        check="grafana.deployments",
        changes=(Edit(DASHBOARD, '"deployment"', '"release"'),),
        says=("smokestack-application does not show a deployment: it asks for annotations with r",),
    ),
    _of(
        name="grafana-tells-another-receiver",
        check="grafana.heartbeat",
        changes=(Edit(HEARTBEAT, "webhook:8090/grafana", "webhook:8090/elsewhere"),),
        says=("GrafanaHeartbeat: /elsewhere was told, expected /grafana",),
    ),
    # Somebody has changed a dashboard in the browser, and its file does not know.
    _of(
        name="grafana-dashboard-saved-by-hand",
        check="grafana.backup",
        changes=(
            Edit(
                COMPOSE,
                "      GF_LOG_MODE: console\n",
                "      GF_LOG_MODE: console\n      SMALL_GRAFANA_SAVED: Rate of requests\n",
            ),
        ),
        says=("its export has not the panel 'Request rate' as its file has it",),
    ),
)
