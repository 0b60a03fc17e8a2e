"""Waits until Grafana's own alert was evaluated and the receiver was told of it."""

from __future__ import annotations

from dataclasses import dataclass

from smokestack.alerting import ManagedRule, Notification
from smokestack.clients import Clients
from smokestack.observe.grafana_alerting import GrafanaAlerting
from smokestack.system.dashboards import ManagedAlert
from smokestack.wait import Waited, until

WITHIN_S = 60.0
"""Grafana evaluates every 10 s at most, at a place of its own within the interval, and begins some
seconds after it is ready; then `group_wait`, and the way to the receiver."""


@dataclass(frozen=True)
class Heartbeat:
    """The rule as Grafana has it, None where it is not there, and what the receiver was told."""

    rule: ManagedRule | None
    told: tuple[Notification, ...]


def listen(clients: Clients, expected: ManagedAlert) -> Waited[Heartbeat]:
    """Ask until the receiver was told, or there is no rule that could tell it."""
    alerting = GrafanaAlerting(clients.grafana.edge)

    def seen() -> Heartbeat:
        rule = alerting.rule(expected.uid)
        told = clients.webhook.notifications()
        return Heartbeat(rule, tuple(one for one in told if one.name == expected.title))

    return until(
        seen,
        lambda one: one.rule is None or bool(one.told),
        within_s=WITHIN_S,
        describe=lambda one: f"{len(one.told)} notifications of {expected.title}",
        what=f"a heartbeat of {expected.title}",
    )
