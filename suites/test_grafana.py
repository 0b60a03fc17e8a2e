"""Does Grafana run, does it reach the servers behind it, are its dashboards whole?"""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from smokestack.clients import Clients
from smokestack.drive.arrivals import Arrivals
from smokestack.drive.dashboard_backups import back_up
from smokestack.drive.deployments import AROUND_S, mark
from smokestack.drive.heartbeats import listen
from smokestack.drive.through_grafana import through_grafana
from smokestack.judge import dashboards
from smokestack.judge import grafana as judge
from smokestack.judge.dashboard_backups import backup
from smokestack.judge.deployments import deployments
from smokestack.judge.heartbeats import heartbeat
from smokestack.observe.annotations import ANNOTATIONS, searched
from smokestack.observe.grafana import DASHBOARD, HEALTH, SEARCH, Grafana
from smokestack.observe.grafana_alerting import STATES
from smokestack.panels import PanelAnswer, Provisioned
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import AnnotationQuery, DataSource
from smokestack.system import System, given
from smokestack.wait import Waited, until

pytestmark = pytest.mark.needs("grafana")

DASHBOARDS_S = 15.0
"""Grafana looks for dashboards every 10 s (`updateIntervalSeconds`, its default), also after it
is ready; 5 s to take them in."""


@pytest.fixture(scope="module")
def sources(grafana: Grafana) -> Sequence[DataSource]:
    """The data sources that Grafana has."""
    return grafana.sources()


@pytest.mark.check("grafana.health")
def test_health(grafana: Grafana) -> Judgement:
    """Grafana answers, and can use its database."""
    seen = grafana.health()
    return judge.health(seen.database, seen.version, grafana.repeat(HEALTH))


@pytest.mark.check("grafana.datasources")
def test_datasources(
    grafana: Grafana,
    sources: Sequence[DataSource],
    run: Run,
    system: System,
    clients: Clients,
    arrivals: Arrivals,
) -> Judgement:
    """Each data source is there, is healthy, and leads to this run's data."""
    standins = run.stack_info.standins if run.stack_info else ()
    wanted = judge.expected_sources(given(system.grafana), standins)
    asked = judge.usable(wanted, sources)
    healths = {uid: grafana.source_health(uid) for uid in asked}
    evidence = [
        judge.health_evidence(uid, told, path, grafana.repeat(path))
        for uid, told in healths.items()
        for path in [grafana.health_path(uid)]
    ]
    reached = through_grafana(system, clients, arrivals).reach(asked)
    return judge.datasources(wanted, sources, healths, reached, evidence)


@pytest.mark.check("grafana.dashboards")
def test_dashboards(grafana: Grafana, sources: Sequence[DataSource], system: System) -> Judgement:
    """Each dashboard comes from its file, and every panel's data source is there."""
    expected = given(system.grafana)
    wanted = {one.uid for one in expected.dashboards}
    there = until(
        grafana.dashboards,
        lambda found: wanted <= set(found),
        within_s=DASHBOARDS_S,
        describe=lambda found: f"{len(wanted & set(found))} of {len(wanted)} dashboards",
        what="dashboards in Grafana",
    )
    shown = {uid: grafana.dashboard(uid) for uid in sorted(wanted & set(there.value or ()))}
    return judge.dashboards(expected, there, shown, sources, grafana.repeat(SEARCH))


@pytest.mark.check("grafana.panels")
def test_panels(
    system: System,
    provisioned: Provisioned,
    panels_through_grafana: Waited[tuple[PanelAnswer, ...]],
    scraped_busy: str | None,
) -> Judgement:
    """Every query of every panel gives data by the way that the panel itself takes."""
    asked = panels_through_grafana
    return dashboards.panels(given(system.grafana), provisioned, asked, scraped_busy)


@pytest.mark.check("grafana.deployments")
@pytest.mark.usefixtures("ours")
def test_deployments(system: System, run: Run, request: pytest.FixtureRequest) -> Judgement:
    """A deployment that is marked is shown on the dashboards, and can be taken away."""
    expected = given(system.grafana).deployments
    if expected is None:  # before anything is started for it
        pytest.skip("this system has no marks of deployments")
    grafana: Grafana = request.getfixturevalue("grafana")
    seen = mark(grafana, expected, run.run_id, time.time())
    at = seen.written.at
    asked = searched(AnnotationQuery("", expected.tags), at - AROUND_S, at + AROUND_S)
    return deployments(seen, ANNOTATIONS, grafana.edge.repeat(ANNOTATIONS, asked))


@pytest.mark.check("grafana.backup")
def test_backup(system: System, run: Run, request: pytest.FixtureRequest) -> Judgement:
    """Each dashboard can be exported, and its export says what its file says."""
    expected = given(system.grafana)
    if not expected.backup:  # before anything is started for it
        pytest.skip("this system has no backups of its dashboards")
    grafana: Grafana = request.getfixturevalue("grafana")
    provisioned: Provisioned = request.getfixturevalue("provisioned")
    uids = [one.uid for one in expected.dashboards]
    exported = back_up(grafana, uids, run.folder / "dashboards")
    evidence = Evidence(
        "export",
        f"{DASHBOARD}:uid",
        f"{len(exported)} dashboards in {run.folder / 'dashboards'}",
        f"{len(uids)} dashboards as their files say them",
        grafana.repeat(DASHBOARD + uids[0]),
    )
    return backup(expected, provisioned, exported, evidence)


@pytest.mark.check("grafana.heartbeat")
@pytest.mark.usefixtures("ours")
def test_heartbeat(system: System, request: pytest.FixtureRequest) -> Judgement:
    """An alert that Grafana itself manages is evaluated, fires, and its receiver is told."""
    expected = given(system.grafana).heartbeat
    if expected is None:  # before anything is started for it
        pytest.skip("this system has no alert that Grafana manages")
    grafana: Grafana = request.getfixturevalue("grafana")
    waited = listen(request.getfixturevalue("clients"), expected)
    rule, told = (waited.value.rule, waited.value.told) if waited.value else (None, ())
    return heartbeat(expected, waited, rule, told, grafana.repeat(STATES))
