"""Does the alert that should fire fire, and only then; does it reach its receiver and resolve?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pytest

from smokestack.alerting import AlertLife, RuleProof
from smokestack.clients import Clients
from smokestack.drive.lives import without
from smokestack.drive.rule_tests import moments
from smokestack.judge import alerts
from smokestack.judge import true_time as judge
from smokestack.judge.alive import alive
from smokestack.judge.deadlines import GAP_IN_WINDOW, Deadlines
from smokestack.judge.hops import hop_times
from smokestack.judge.quiet import quiet
from smokestack.judge.rules import rules_loaded
from smokestack.observe.prometheus import Prometheus
from smokestack.results import Judgement
from smokestack.run import PROOFS, Run
from smokestack.stack.backend import Stack
from smokestack.system import Alert, System


@pytest.fixture(scope="session")
def life_busy(run: Run, life: AlertLife) -> str | None:
    """Why what the alert did, or when, cannot be judged on this machine, or None.

    Below its rate the load has too few errors in a window to be between two thresholds.
    """
    short = f"the load fell short: {life.shortfall}" if life.shortfall else None
    return run.busy_since(life.hold_at, GAP_IN_WINDOW) or short


@pytest.mark.check("alerts.rules-loaded")
def test_rules_loaded(system: System, stack: Stack, prometheus: Prometheus) -> Judgement:
    """Every alert that system.yaml names is loaded as it must be, and no other."""
    repeat = prometheus.edge.repeat("/api/v1/rules")
    return rules_loaded(system, prometheus.rules(), stack.factor, repeat)


@pytest.mark.check("alerts.quiet")
@pytest.mark.needs("alerts")
def test_quiet(run: Run, request: pytest.FixtureRequest) -> Judgement:
    """Nothing fires but what always does."""
    if run.remote is None:  # before anything is started for it
        pytest.skip("this run lives its alerts through: what fires is of its own making")
    clients: Clients = request.getfixturevalue("clients")
    prometheus = clients.prometheus
    seen, rules = prometheus.alerts(), prometheus.rules()
    held = clients.alertmanager.alerts() if clients.of_alertmanager else None
    repeat = prometheus.edge.repeat("/api/v1/alerts")
    return quiet(run.remote.said.firing, rules, seen, held, time.time(), repeat)


@pytest.mark.check("alerts.true-time")
def test_true_time(
    alert: Alert, rule_proofs: Mapping[str, Sequence[RuleProof]], run: Run
) -> Judgement:
    """Its rule, at its real durations, is right on both sides of its threshold."""
    if not alert.true_time:
        pytest.skip("no `true_time` is given")
    folder = run.folder / PROOFS
    tried = [
        judge.Tried(
            given, proof, moments(alert, given), f"promtool test rules {folder / proof.file}"
        )
        for given, proof in zip(alert.true_time, rule_proofs[alert.alert], strict=True)
    ]
    return judge.proven(alert, tried)


@pytest.mark.check("alerts.alive")
def test_alive(run: Run, stack: Stack, alert: Alert, after_traffic: None) -> Judgement:
    """Every metric and label that its rule selects is there, once there was traffic."""
    if why := without(alert, stack):
        pytest.skip(why)
    return alive(alert, run.selected().by(alert), run.shipped.rule_place(alert.alert))


@pytest.mark.check("alerts.held-below")
def test_held_below(alert: Alert, life: AlertLife, life_busy: str | None) -> Judgement:
    """Below its threshold the alert stays inactive."""
    return alerts.held_below(alert, life, life_busy)


@pytest.mark.check("alerts.fires")
def test_fires(alert: Alert, life: AlertLife, life_busy: str | None) -> Judgement:
    """Over its threshold it goes inactive, pending, firing, and back when the errors end."""
    return alerts.fires(alert, life, life_busy)


@pytest.mark.check("alerts.alertmanager")
def test_alertmanager(alert: Alert, life: AlertLife, life_busy: str | None) -> Judgement:
    """Once firing, it is active in Alertmanager for the right receiver."""
    return alerts.in_alertmanager(alert, life, life_busy)


@pytest.mark.check("alerts.delivered")
def test_delivered(alert: Alert, life: AlertLife, life_busy: str | None) -> Judgement:
    """The right receiver is told, and no other."""
    return alerts.delivered(alert, life, life_busy)


@pytest.mark.check("alerts.content")
def test_content(alert: Alert, life: AlertLife) -> Judgement:
    """The notification has its labels, severity, annotations and group."""
    return alerts.content(alert, life)


@pytest.mark.check("alerts.resolved")
def test_resolved(alert: Alert, life: AlertLife, life_busy: str | None) -> Judgement:
    """It resolves, and the receiver is told so."""
    return alerts.resolved(alert, life, life_busy)


@pytest.mark.check("alerts.hop-times")
def test_hop_times(
    alert: Alert,
    life: AlertLife,
    deadlines: Deadlines,
    stack: Stack,
    life_busy: str | None,
) -> Judgement:
    """Each hop was in time."""
    return hop_times(alert, life, deadlines, alert.factor(stack.factor), life_busy)
