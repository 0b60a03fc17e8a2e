"""The alerts that are posted differ in exactly what decides who is told of them."""

from __future__ import annotations

from smokestack.alerting import ROLE, RUN, PostedAlert
from smokestack.system.notifications import Notifications
from smokestack.system.posting import Posting, posting, shown

NOTIFICATIONS = Notifications.model_validate(
    {
        "routes": [
            {"labels": {"severity": "warning"}, "receiver": "chat", "delivered_to": "/chat"},
            {
                "labels": {"severity": "critical", "team": "core"}, "receiver": "pager",
                "delivered_to": "/pager", "group_by": ["alertname", "team", "zone"],
            },
        ],
        "group_by": ["alertname", "service"],
        "inhibitions": [
            {
                "source": {"severity": "critical", "team": "core"},
                "target": {"severity": "warning"}, "equal": ["service", "team"],
            }
        ],
    }
)  # fmt: skip
POSTED = posting(NOTIFICATIONS, "run-1")


def differing(one: PostedAlert, other: PostedAlert) -> set[str]:
    """The labels in which two alerts are not the same, the name of their role apart."""
    names = one.labels.keys() | other.labels.keys()
    return {n for n in names if one.labels.get(n) != other.labels.get(n)} - {ROLE}


def test_members_are_of_one_group_and_others_differ_in_one_label() -> None:
    """By the labels of the route, its own where it has some; one that it asks for stays."""
    chat, pager = POSTED.routes
    assert all(differing(chat.members[0], one) == set() for one in chat.members)
    assert {label: differing(chat.members[0], one) for label, one in chat.others.items()} == {
        "alertname": {"alertname"},
        "service": {"service"},
    }
    assert list(pager.others) == ["alertname", "zone"]


def test_what_keeps_back_has_the_same_labels_and_the_control_others() -> None:
    """The control differs in what inhibition asks for; a label that one side gives, both have."""
    (kept,) = POSTED.inhibited
    assert kept.source is not None
    assert differing(kept.source, kept.target) == {"severity"}
    assert kept.target.labels["team"] == "core"
    assert differing(kept.target, kept.control) == {"alertname", "service"}
    assert kept.by == "severity=critical, team=core of the same service, team"


def test_the_silenced_one_has_a_neighbour_in_its_group() -> None:
    """Only the role tells them apart, and the silence asks for that."""
    silenced = POSTED.silenced
    assert differing(silenced.target, silenced.control) == set()
    assert silenced.target.role != silenced.control.role


def test_nothing_is_shared_with_another_run_or_another_question() -> None:
    """Else other alerts, or those of a run beside this one, were grouped with ours or kept back."""
    values = [
        one.labels[label]
        for run in (POSTED, posting(NOTIFICATIONS, "run-2"))
        for about in abouts(run)
        for label in ("alertname", "service")
        for one in about
        if label in one.labels
    ]
    assert all("run-1" in value or "run-2" in value for value in values)
    per_about = [{one.labels["alertname"] for one in about} for about in abouts(POSTED)]
    assert len(set().union(*per_about)) == sum(map(len, per_about))
    services = [{one.labels.get("service", "") for one in about} for about in abouts(POSTED)]
    own = [one - {""} for one in services]
    assert len(set().union(*own)) == sum(map(len, own))
    assert all(one.labels[RUN] == "run-1" for one in POSTED.alerts)
    roles = [one.role for one in POSTED.alerts]
    assert len(set(roles)) == len(roles) == (3 + 2) + (3 + 2) + 3 + 2


def abouts(run: Posting) -> list[tuple[PostedAlert, ...]]:
    """The alerts that belong together."""
    (kept,) = run.inhibited
    assert kept.source is not None
    silenced = (run.silenced.target, run.silenced.control)
    routes = [one.alerts for one in run.routes]
    return [*routes, (kept.source, kept.target), (kept.control,), silenced]


def test_an_alert_is_shown_by_what_is_not_our_own() -> None:
    """A person reads which severity it is, and not by what we know it."""
    assert shown(POSTED.routes[1].others["zone"]) == "severity=critical, team=core"
