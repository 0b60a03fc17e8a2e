"""Alerts that Grafana itself manages: their rules, and how they were evaluated.

Asked as Grafana 13.2.3 documents it (docs/sources/shared/alerts/alerting_provisioning.md; states
are those of the rules that it evaluates, in the form that Prometheus has for its own).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from smokestack.alerting import ManagedRule
from smokestack.observe.edge import Edge

RULES = "/api/v1/provisioning/alert-rules"
STATES = "/api/prometheus/grafana/api/v1/rules"


class GrafanaAlerting:
    """A client of one Grafana. Raises Unreachable, BadResponse."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def rule(self, uid: str) -> ManagedRule | None:
        """A rule with what its last evaluation gave, in two queries; None where it is not there.

        `[{"uid": …, "title": …, "labels": {…}, "provenance": "file", "isPaused": false,
        "notification_settings": {"receiver": …}}]`, then `{"data": {"groups": [{"rules": [{"name":
        …, "state": "firing", "health": "ok", "lastError": …}]}]}}`.
        """
        rules = self.edge.read(RULES, None, lambda found: [_rule(one) for one in found])
        rule = next((one for one in rules if one.uid == uid), None)
        if rule is None:
            return None
        states = self.edge.read(STATES, None, lambda told: list(_states(told)))
        seen: Mapping[str, Any] = next((one for one in states if one["name"] == rule.title), {})
        said = {key: str(seen.get(key) or "") for key in ("state", "health", "lastError")}
        return replace(rule, state=said["state"], health=said["health"], error=said["lastError"])


def _rule(one: Mapping[str, Any]) -> ManagedRule:
    told = one.get("notification_settings") or {}
    return ManagedRule(
        uid=one["uid"],
        title=one["title"],
        labels=dict(one.get("labels") or {}),
        provenance=str(one.get("provenance") or ""),
        paused=bool(one.get("isPaused")),
        receiver=str(told.get("receiver") or ""),
    )


def _states(told: Any) -> Iterator[Mapping[str, Any]]:
    for group in told["data"]["groups"]:
        for rule in group["rules"]:
            yield {**rule, "name": str(rule["name"])}
