"""What Alertmanager saw: which alerts it holds, in which state, for which receivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smokestack.observe.edge import Edge
from smokestack.observe.timestamps import epoch
from smokestack.samples import AlertSeen

STATUS = "/api/v2/status"
ALERTS = "/api/v2/alerts"


@dataclass(frozen=True)
class AlertGroup:
    """One group of alerts that is notified together: its labels, receiver and members."""

    labels: Mapping[str, str]
    receiver: str
    alerts: tuple[AlertSeen, ...]


class Alertmanager:
    """A client of one Alertmanager. Every method is one query; raises Unreachable, BadResponse."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def ready(self) -> bool:
        """Whether it says that it takes alerts."""
        return self.edge.answers("/-/ready")

    def version(self) -> str:
        """Its own version; empty where the binary was built without one."""
        return self.edge.read(STATUS, None, lambda data: str(data["versionInfo"]["version"]))

    def config_text(self) -> str:
        """The configuration that it runs, as YAML; secrets are left out by Alertmanager."""
        return self.edge.read(STATUS, None, lambda data: str(data["config"]["original"]))

    def alerts(self) -> list[AlertSeen]:
        """All alerts that it holds; `state` is active, suppressed or unprocessed."""
        return self.edge.read(ALERTS, None, lambda data: [_alert(one) for one in data])

    def groups(self) -> list[AlertGroup]:
        """The same alerts as they are grouped for notification."""
        return self.edge.read(f"{ALERTS}/groups", None, lambda data: [_group(one) for one in data])

    def repeat(self) -> str:
        """A shell command that lists the alerts again."""
        return self.edge.repeat(ALERTS)


def _alert(one: dict[str, Any]) -> AlertSeen:
    return AlertSeen(
        name=one["labels"]["alertname"],
        state=one["status"]["state"],
        labels=one["labels"],
        annotations=one["annotations"],
        active_at=epoch(one["startsAt"]),
        receivers=tuple(receiver["name"] for receiver in one["receivers"]),
    )


def _group(one: dict[str, Any]) -> AlertGroup:
    alerts = tuple(_alert(alert) for alert in one["alerts"])
    return AlertGroup(one["labels"], one["receiver"]["name"], alerts)
