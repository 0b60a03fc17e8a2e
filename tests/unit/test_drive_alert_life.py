"""What a watch has seen of an alert, and when it was told of."""

from __future__ import annotations

from smokestack.alerting import Notification
from smokestack.drive.alert_life import Watch
from tests.unit.judged import ALERT


def note(at: float, status: str, service: str = "front") -> Notification:
    """A delivery about an alert of that name."""
    return Notification(
        at=at, path="/critical", receiver="critical", status=status, name="Errors",
        labels={"alertname": "Errors", "service": service}, annotations={}, group={},
        starts_at="then", fingerprint="f",
    )  # fmt: skip


def test_when_it_was_told_of() -> None:
    """Since a moment, of that status, and of this subject: an end that comes late is of an earlier
    life, and no end of this one.
    """
    told = [note(1, "resolved"), note(5, "firing", "back"), note(7, "firing"), note(9, "firing")]
    watch = Watch(ALERT, notifications=told)
    assert watch.told_at("firing", 0) == 7
    assert watch.told_at("resolved", 0) == 1
    assert watch.told_at("resolved", 7) is None
    watch.notifications = [*told, note(12, "resolved")]
    assert watch.told_at("resolved", 7) == 12
