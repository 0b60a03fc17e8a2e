"""What reached the receiver: the deliveries that the harness' webhook wrote down.

Alertmanager delivers at least once: tell notifications apart by fingerprint, status and start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from smokestack.alerting import Notification
from smokestack.observe.edge import Edge

DELIVERIES = "/deliveries"


class Webhook:
    """A client of the webhook receiver."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def notifications(self, since: int = 0) -> list[Notification]:
        """One notification an alert in each delivery numbered `since` or later, in their order.

        Raises:
            Unreachable: the receiver does not answer.
            BadResponse: a delivery is no Alertmanager webhook of version 4.
        """
        return self.edge.read(DELIVERIES, {"since": since}, _notifications)

    def repeat(self) -> str:
        """A shell command that lists the deliveries again."""
        return self.edge.repeat(DELIVERIES, {"since": 0})


def _notifications(answer: Any) -> list[Notification]:
    return [one for delivery in answer["deliveries"] for one in _of_delivery(delivery)]


def _of_delivery(delivery: dict[str, Any]) -> Iterator[Notification]:
    payload = delivery["payload"]
    for alert in payload["alerts"]:
        yield Notification(
            at=float(delivery["at"]),
            path=delivery["path"],
            receiver=payload["receiver"],
            status=alert["status"],
            name=alert["labels"]["alertname"],
            labels=alert["labels"],
            annotations=alert["annotations"],
            group=payload["groupLabels"],
            starts_at=alert["startsAt"],
            fingerprint=alert["fingerprint"],
            delivery=int(delivery["n"]),
        )
