"""Sends the queries of panels through Grafana, as its panels do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from smokestack.drive.panels import LINES, Asking, Panels
from smokestack.observe.grafana_query import GrafanaQuery
from smokestack.panels import PanelQuery

LEAST_STEP_S = 1.0
"""Seconds from point to point: Grafana's plugin of Prometheus takes no less than one."""


@dataclass
class GrafanaPanels(Panels):
    """The same queries as those sent to the servers themselves, by the other way."""

    def _asking(self, query: PanelQuery) -> Asking:
        start, end, step = self._range(query)
        grafana = GrafanaQuery(self.clients.grafana.edge)
        rest = (start, end, max(step, LEAST_STEP_S), LINES)
        return Asking(partial(grafana.tally, query, *rest), grafana.repeat(query, *rest))
