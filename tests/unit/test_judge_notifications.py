"""notifications.*: who was told of what; what did not come says nothing without its control."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from smokestack.alerting import AlertSeen, Notification, PostedAlert, Told
from smokestack.judge import notifications as judge
from smokestack.results import Judgement, Verdict
from smokestack.system.notifications import Notifications
from smokestack.system.posting import posting

NOTIFICATIONS = Notifications.model_validate(
    {
        "routes": [
            {"labels": {"severity": "warning"}, "receiver": "chat", "delivered_to": "/chat"},
            {"labels": {"severity": "critical"}, "receiver": "pager", "delivered_to": "/pager"},
        ],
        "group_by": ["alertname", "service"],
        "inhibitions": [
            {"source": {"severity": "critical"}, "target": {"severity": "warning"},
             "equal": ["service"]}
        ],
    }
)  # fmt: skip
POSTED = posting(NOTIFICATIONS, "run-1")
CHAT, PAGER = POSTED.routes
INHIBITED, SILENCED = POSTED.inhibited[0], POSTED.silenced
GROUPED = ("alertname", "service")


def note(one: PostedAlert, status: str = "firing", at: float = 0.3, **more: object) -> Notification:
    """A delivery about an alert of ours, on its path, in a delivery of its group."""
    receiver = NOTIFICATIONS.route(one.labels)
    assert receiver is not None
    group = {label: one.labels[label] for label in GROUPED}
    values: dict[str, object] = {
        "at": at, "path": receiver.delivered_to, "receiver": receiver.receiver, "status": status,
        "name": one.labels["alertname"], "labels": one.labels, "annotations": {}, "group": group,
        "starts_at": "then", "fingerprint": one.role, "delivery": hash(tuple(group.values())),
    }  # fmt: skip
    return Notification(**{**values, **more})  # type: ignore[arg-type]


def held(one: PostedAlert, *by: str, receiver: str = "") -> AlertSeen:
    """An alert as Alertmanager has it."""
    route = NOTIFICATIONS.route(one.labels)
    name = receiver or (route.receiver if route else "")
    state = "suppressed" if by else "active"
    return AlertSeen("A", state, one.labels, {}, None, None, (name,), f"print-{one.role}", by)


SOURCE = INHIBITED.source
assert SOURCE is not None
ARRIVED = (*POSTED.told, SOURCE)
TOLD = Told(
    at=0.0,
    until=3.3,
    held={one.role: held(one) for one in ARRIVED}
    | {INHIBITED.target.role: held(INHIBITED.target, f"print-{SOURCE.role}")}
    | {SILENCED.target.role: held(SILENCED.target, "silence-1")},
    notifications=tuple(note(one) for one in ARRIVED)
    + tuple(note(one, "resolved", 2.8) for one in POSTED.told),
    fired=(5.5, 0.3),
    ended=(7.8, 2.5),
    silence="silence-1",
)


def without(*lost: PostedAlert) -> Told:
    """The same, but of some alerts nobody was told."""
    roles = {one.role for one in lost}
    kept = [n for n in TOLD.notifications if n.labels["smokestack_alert"] not in roles]
    return replace(TOLD, notifications=tuple(kept))


def also(*notes: Notification) -> Told:
    """The same, and some notifications more."""
    return replace(TOLD, notifications=(*TOLD.notifications, *notes))


def instead(alerts: Iterable[PostedAlert], **changes: object) -> Told:
    """The same, but the notifications of some alerts are otherwise."""
    roles = {one.role for one in alerts}
    return replace(
        TOLD,
        notifications=tuple(
            replace(n, **changes) if n.labels["smokestack_alert"] in roles else n  # type: ignore[arg-type]
            for n in TOLD.notifications
        ),
    )


def has(one: PostedAlert, seen: AlertSeen | None) -> Told:
    """The same, but Alertmanager has an alert otherwise, or not at all."""
    rest = {role: alert for role, alert in TOLD.held.items() if role != one.role}
    return replace(TOLD, held=rest if seen is None else {**rest, one.role: seen})


def missed(judgement: Judgement) -> list[str]:
    """What is wrong, of a judgement that is missed."""
    assert judgement.verdict is Verdict.MISSED, judgement
    return [finding.detail for finding in judgement.findings]


def test_all_is_met_as_it_should_be() -> None:
    """With what was waited for, and how long silence lasted beside what did arrive."""
    routed = judge.routing(POSTED, TOLD)
    assert routed.verdict is Verdict.MET
    assert routed.summary == "severity=warning → chat, severity=critical → pager"
    assert (routed.allowed_s, routed.took_s) == (5.5, 0.3)
    assert judge.grouping(NOTIFICATIONS, POSTED, TOLD).verdict is Verdict.MET
    for judgement in (judge.inhibition(POSTED, TOLD), judge.silence(POSTED, TOLD)):
        assert judgement.verdict is Verdict.MET
        assert "for 3.0 s after the one beside it arrived" in judgement.summary
    assert judge.resolved(POSTED, TOLD).verdict is Verdict.MET


def test_nothing_at_all_is_never_met() -> None:
    """Neither posted, nor held, nor delivered."""
    nothing = replace(TOLD, held={}, notifications=())
    assert judge.routing(POSTED, nothing).verdict is Verdict.MISSED
    assert judge.routing(POSTED, nothing, "busy").verdict is Verdict.UNMEASURED
    for judgement in (
        judge.grouping(NOTIFICATIONS, POSTED, nothing),
        judge.inhibition(POSTED, nothing),
        judge.silence(POSTED, nothing),
        judge.resolved(POSTED, nothing),
    ):
        assert judgement.verdict is Verdict.UNMEASURED


def test_an_alert_for_another_receiver_is_missed() -> None:
    """By Alertmanager's own word, and by the path; to two receivers is one too many."""
    elsewhere = replace(
        instead(PAGER.alerts, path="/chat"),
        held={**TOLD.held, **{a.role: held(a, receiver="chat") for a in PAGER.alerts}},
    )
    assert missed(judge.routing(POSTED, elsewhere)) == [
        "severity=critical: routed to chat, expected pager",
        "severity=critical: delivered to /chat, expected /pager",
        "severity=critical: not delivered to /pager",
    ]
    twice = also(note(CHAT.members[0], path="/pager"))
    assert missed(judge.routing(POSTED, twice)) == [
        "severity=warning: delivered to /pager, expected /chat"
    ]


def test_an_alert_that_something_keeps_back_is_not_routed() -> None:
    """The finding says what does."""
    kept = replace(
        without(PAGER.members[0]),
        held={**TOLD.held, PAGER.members[0].role: held(PAGER.members[0], "other")},
    )
    assert missed(judge.routing(POSTED, kept)) == [
        "severity=critical: not delivered to /pager: kept back by other"
    ]


def test_a_group_that_is_torn_or_joined_is_missed() -> None:
    """Three notifications where one should be; one where there should be two."""
    torn = instead(CHAT.members[:1], delivery=7)
    assert missed(judge.grouping(NOTIFICATIONS, POSTED, torn)) == [
        "severity=warning: 3 alerts of one group came as 2 notifications"
    ]
    together = instead((*CHAT.members, CHAT.others["service"]), delivery=7)
    assert missed(judge.grouping(NOTIFICATIONS, POSTED, together)) == [
        "severity=warning: an alert with another service came in the same notification"
    ]
    by_name = instead(CHAT.members, group={"alertname": "A"})
    assert missed(judge.grouping(NOTIFICATIONS, POSTED, by_name)) == [
        "severity=warning: grouped by alertname, expected alertname, service"
    ]


def test_a_notification_that_came_again_is_no_second_one() -> None:
    """Alertmanager delivers at least once."""
    again = also(*(note(one, at=0.4, delivery=1 << 63) for one in CHAT.members[:2]))
    assert judge.grouping(NOTIFICATIONS, POSTED, again).verdict is Verdict.MET


def test_what_is_told_although_kept_back_is_missed() -> None:
    """Also where Alertmanager shows it as suppressed; also where only that is wrong."""
    told = missed(judge.inhibition(POSTED, also(note(INHIBITED.target))))
    by = "kept back by severity=critical of the same service"
    assert told == [f"severity=warning: told at /chat as firing, expected {by}"]
    active = has(INHIBITED.target, held(INHIBITED.target))
    assert missed(judge.inhibition(POSTED, active))[0].startswith(
        "severity=warning: active in Alertmanager, expected suppressed by severity=critical"
    )
    by_another = has(SILENCED.target, held(SILENCED.target, "silence-2"))
    assert missed(judge.silence(POSTED, by_another)) == [
        "severity=warning: suppressed in Alertmanager, expected suppressed by a silence"
    ]


def test_without_what_should_have_arrived_silence_says_nothing() -> None:
    """No control, no source: unmeasured, never met."""
    assert judge.inhibition(POSTED, without(INHIBITED.control)).verdict is Verdict.UNMEASURED
    assert judge.silence(POSTED, without(SILENCED.control)).verdict is Verdict.UNMEASURED
    assert SOURCE is not None
    assert judge.inhibition(POSTED, has(SOURCE, None)).verdict is Verdict.UNMEASURED
    assert judge.silence(POSTED, has(SILENCED.target, None)).verdict is Verdict.UNMEASURED


def test_what_keeps_too_much_back_is_missed() -> None:
    """An inhibition that forgot `equal` keeps back the alert of another service too."""
    control = has(INHIBITED.control, held(INHIBITED.control, "any"))
    assert missed(judge.inhibition(POSTED, control)) == [
        "severity=warning: so is the one beside it, to which that does not apply: kept back by any"
    ]


def test_a_silence_that_is_refused_is_missed() -> None:
    """Nobody could silence anything."""
    refused = replace(TOLD, silence="", refused="too large")
    assert missed(judge.silence(POSTED, refused)) == [
        "Alertmanager does not take a silence: too large"
    ]


def test_an_end_that_is_not_told_is_missed() -> None:
    """Once for each receiver, with how many; on a busy machine it may yet come."""
    kept = tuple(n for n in TOLD.notifications if (n.status, n.path) != ("resolved", "/pager"))
    endless = replace(TOLD, notifications=kept)
    assert missed(judge.resolved(POSTED, endless)) == [
        "/pager was not told that 5 alerts ended: severity=critical"
    ]
    assert judge.resolved(POSTED, endless, "busy").verdict is Verdict.UNMEASURED
