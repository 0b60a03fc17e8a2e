"""What Alertmanager saw: which alerts it holds, in which state, for which receivers.

And what it is handed: alerts, as Prometheus hands them on, and silences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from smokestack.alerting import AlertSeen
from smokestack.observe.edge import Edge, Params
from smokestack.observe.timestamps import epoch, rfc3339

STATUS = "/api/v2/status"
ALERTS = "/api/v2/alerts"
SILENCES = "/api/v2/silences"
SILENCE = "/api/v2/silence/"
AUTHOR = "smokestack"


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

    def alerts(self, labels: Mapping[str, str] | None = None) -> list[AlertSeen]:
        """All alerts that it holds, or those with some labels; `state` is active, suppressed or
        unprocessed.
        """
        asked = _filter(labels or {})
        return self.edge.read(ALERTS, asked, lambda data: [_alert(one) for one in data])

    def groups(self) -> list[AlertGroup]:
        """The same alerts as they are grouped for notification."""
        return self.edge.read(f"{ALERTS}/groups", None, lambda data: [_group(one) for one in data])

    def post(
        self, alerts: Iterable[Mapping[str, str]], summary: str, starts_at: float, ends_at: float
    ) -> None:
        """Hand it alerts with these labels, as Prometheus does; one that ends now is resolved."""
        times = {"startsAt": rfc3339(starts_at), "endsAt": rfc3339(ends_at)}
        rest = {"annotations": {"summary": summary}, **times}
        self.edge.checked(
            self.edge.send("POST", ALERTS, json=[{"labels": dict(one), **rest} for one in alerts]),
            ALERTS,
        )

    def silence(self, labels: Mapping[str, str], comment: str, ends_at: float) -> str:
        """Silence alerts with all of these labels until a moment; the silence's id.

        Raises Refused where it does not take it. One that begins in the past begins now, by
        Alertmanager's own clock.
        """
        matchers = [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in labels.items()
        ]
        times = {"startsAt": rfc3339(0.0), "endsAt": rfc3339(ends_at)}
        payload = {"matchers": matchers, "createdBy": AUTHOR, "comment": comment, **times}
        answer = self.edge.post_json(SILENCES, payload)
        return self.edge.decoded(SILENCES, answer, lambda told: str(told["silenceID"]))

    def expire(self, silence: str) -> None:
        """End a silence."""
        reply = self.edge.send("DELETE", SILENCE + silence, shown=SILENCE + "{id}")
        self.edge.checked(reply, SILENCE)

    def repeat(self, labels: Mapping[str, str] | None = None) -> str:
        """A shell command that lists the alerts again."""
        return self.edge.repeat(ALERTS, _filter(labels or {}))


def _filter(labels: Mapping[str, str]) -> Params:
    return {"filter": [f'{name}="{value}"' for name, value in labels.items()]} if labels else {}


def _alert(one: dict[str, Any]) -> AlertSeen:
    return AlertSeen(
        name=one["labels"]["alertname"],
        state=one["status"]["state"],
        labels=one["labels"],
        annotations=one["annotations"],
        active_at=epoch(one["startsAt"]),
        receivers=tuple(receiver["name"] for receiver in one["receivers"]),
        fingerprint=one["fingerprint"],
        kept_back_by=(*one["status"]["inhibitedBy"], *one["status"]["silencedBy"]),
        updated_at=epoch(one["updatedAt"]) if one.get("updatedAt") else None,
    )


def _group(one: dict[str, Any]) -> AlertGroup:
    alerts = tuple(_alert(alert) for alert in one["alerts"])
    return AlertGroup(one["labels"], one["receiver"]["name"], alerts)
