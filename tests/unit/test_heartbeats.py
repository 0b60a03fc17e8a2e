"""grafana.heartbeat: a rule of Grafana's own, what it says of itself, and who was told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from smokestack.alerting import ManagedRule, Notification
from smokestack.endpoints import Endpoint
from smokestack.judge.heartbeats import heartbeat
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.grafana_alerting import RULES, STATES, GrafanaAlerting
from smokestack.results import Judgement, Verdict
from smokestack.system.dashboards import ManagedAlert
from smokestack.wait import Waited

ROOT = Path(__file__).parents[2]
EXPECTED = ManagedAlert(
    uid="beat",
    title="Heartbeat",
    labels={"severity": "none"},
    annotations={"summary": "Grafana evaluates"},
    delivered_to="/grafana",
)
RULE = ManagedRule(
    "beat", "Heartbeat", {"severity": "none"}, "file", False, "webhook", "firing", "ok"
)
TOLD = Notification(
    at=1.0, path="/grafana", receiver="webhook", status="firing", name="Heartbeat",
    labels={"alertname": "Heartbeat"}, annotations={"summary": "Grafana evaluates its alerts"},
    group={}, starts_at="2026-01-01T00:00:00Z", fingerprint="f", delivery=1,
)  # fmt: skip
WAITED: Waited[object] = Waited(True, object(), 60.0, 2.0, ())
API = {
    "uid": "beat", "title": "Heartbeat", "ruleGroup": "g", "folderUID": "f", "condition": "C",
    "labels": {"severity": "none"}, "provenance": "file", "isPaused": False, "for": "0s",
    "notification_settings": {"receiver": "webhook"}, "data": [],
}  # fmt: skip
STATE = {"name": "Heartbeat", "state": "firing", "health": "ok", "type": "alerting"}


def asked(*rules: dict[str, Any], state: dict[str, Any] = STATE) -> ManagedRule | None:
    """What the client reads of these answers."""

    def handler(request: httpx.Request) -> httpx.Response:
        told = {"status": "success", "data": {"groups": [{"name": "g", "rules": [state]}]}}
        return httpx.Response(200, json={RULES: list(rules), STATES: told}[request.url.path])

    transport = httpx.MockTransport(handler)
    edge = Edge(Endpoint("grafana", "http://g:3000"), calls=CallLog(), transport=transport)
    return GrafanaAlerting(edge).rule("beat")


def judged(rule: ManagedRule | None = RULE, *told: Notification) -> Judgement:
    """Its judgement."""
    return heartbeat(EXPECTED, WAITED, rule, told, "curl x")


def test_a_rule_as_grafana_tells_of_it() -> None:
    """Its provisioning and its last evaluation, put together."""
    assert asked(API) == RULE
    assert asked({**API, "uid": "other"}) is None
    failed = {**STATE, "state": "inactive", "health": "error", "lastError": "no such host"}
    assert asked(API, state=failed) == replace(
        RULE, state="inactive", health="error", error="no such host"
    )


def test_a_rule_that_was_not_evaluated_yet() -> None:
    """It is in no group then; a rule that was made by hand has no provenance."""
    by_hand = {k: v for k, v in API.items() if k not in ("provenance", "notification_settings")}
    assert asked(by_hand, state={**STATE, "name": "Other"}) == replace(
        RULE, provenance="", receiver="", state="", health=""
    )


def test_every_provisioning_has_the_same_heartbeat() -> None:
    """A system that brings its own data sources brings a copy of the file."""
    files = [*ROOT.glob("compose/grafana/**/heartbeat.yml")]
    files += ROOT.glob("systems/*/stack/grafana/alerting/*.yml")
    assert len(files) == 2
    assert len({file.read_text(encoding="utf-8") for file in files}) == 1


def test_it_arrives() -> None:
    """Met says where; nothing seen is never met."""
    judgement = judged(RULE, TOLD)
    assert judgement.verdict is Verdict.MET
    assert judgement.summary.endswith("fires, and /grafana is told")
    assert judged(RULE).verdict is Verdict.MISSED
    lost: Waited[object] = Waited(False, None, 60.0, 60.0, ())
    assert heartbeat(EXPECTED, lost, None, (), "x").verdict is Verdict.UNMEASURED


@pytest.mark.parametrize(
    ("rule", "told", "says"),
    [
        (None, (), "Grafana has no rule beat (Heartbeat)"),
        (replace(RULE, provenance=""), (TOLD,), "does not come from a file"),
        (replace(RULE, paused=True), (), "it is paused"),
        (replace(RULE, title="Other"), (TOLD,), "its title is 'Other'"),
        (replace(RULE, labels={}), (TOLD,), "its label severity is not there, expected none"),
        (RULE, (), "nobody was told: it fires, for the receiver webhook"),
        (replace(RULE, state=""), (), "nobody was told: it was never evaluated"),
        (replace(RULE, error="no such host"), (), "its evaluation fails: no such host"),
        (RULE, (replace(TOLD, path="/x"),), "/x was told, expected /grafana"),
        (RULE, (replace(TOLD, annotations={}),), "its annotation summary lacks 'Grafana eval"),
    ],
)
def test_what_is_wrong(rule: ManagedRule | None, told: tuple[Notification, ...], says: str) -> None:
    """Each in its own words."""
    judgement = judged(rule, *told)
    assert judgement.verdict is Verdict.MISSED
    assert says in judgement.summary
