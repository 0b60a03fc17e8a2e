"""Do all panels of all dashboards show data, and have the dashboards what was promised?

The files that Grafana is provisioned with are read, and their queries are sent to the servers
themselves: no Grafana need run.
"""

from __future__ import annotations

import pytest

from smokestack.judge import dashboards as judge
from smokestack.judge.dashboard_content import content
from smokestack.panels import PanelAnswer, Provisioned
from smokestack.results import Judgement
from smokestack.system import System, given
from smokestack.wait import Waited

pytestmark = pytest.mark.needs("grafana")


@pytest.mark.check("dashboards.content")
def test_content(system: System, provisioned: Provisioned) -> Judgement:
    """Dashboards have their uid, title, variables, refresh, links and exemplars."""
    return content(given(system.grafana), provisioned)


@pytest.mark.check("dashboards.panels")
def test_panels(
    system: System,
    provisioned: Provisioned,
    seen_panels: Waited[tuple[PanelAnswer, ...]],
    scraped_busy: str | None,
) -> Judgement:
    """Every query of every panel gives data of this run."""
    return judge.panels(given(system.grafana), provisioned, seen_panels, scraped_busy)
