"""notifications.*: who is told of which alert, what comes as one, and what is kept back?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from smokestack.alerting import AlertSeen, PostedAlert, Told
from smokestack.judge.conclude import conclude, excused, named, unmeasured, untimed
from smokestack.results import Evidence, Finding, Judgement, Measurement
from smokestack.system.notifications import Notifications
from smokestack.system.posting import MEMBERS, KeptBack, OfRoute, Posting, shown

TO_RECEIVER = "Alertmanager → receiver"


def routing(posting: Posting, told: Told, busy: str | None = None) -> Judgement:
    """Each alert went to the receiver of its route, and to no other.

    `busy`, here and below, is why what did not come in time says nothing, if it does not.
    """
    findings = [one for route in posting.routes for one in _misrouted(route, told)]
    evidence = [_routed(route, told) for route in posting.routes]
    came = [min(n.at for n in found) for one in posting.told if (found := told.of(one, "firing"))]
    figures = [Measurement("notifications.delivered", round(max(came) - told.at, 3), "s",
                           told.fired[0])] if came else []  # fmt: skip
    ways = (f"{shown(one.members[0])} → {one.route.receiver}" for one in posting.routes)
    judgement = conclude(
        named(ways, 6), findings, evidence, exercised=len(came), measurements=figures
    )
    return _waited(excused(judgement, busy), told.fired)


def _misrouted(one: OfRoute, told: Told) -> Iterator[Finding]:
    """What is wrong with a route, each thing once however many alerts it happened to."""
    route, about, found = one.route, shown(one.members[0]), dict[str, str | None]()
    for alert in one.alerts:
        held, came = told.held.get(alert.role), told.of(alert, "firing")
        if held is None:
            found[f"{about}: Alertmanager does not have it"] = "harness → Alertmanager"
            continue
        if held.receivers != (route.receiver,):
            to = ", ".join(held.receivers) or "nobody"
            found[f"{about}: routed to {to}, expected {route.receiver}"] = None
        for path in sorted({n.path for n in came} - {route.delivered_to}):
            found[f"{about}: delivered to {path}, expected {route.delivered_to}"] = None
        if not any(n.path == route.delivered_to for n in came):
            found[f"{about}: not delivered to {route.delivered_to}{_why(held)}"] = TO_RECEIVER
    return (Finding(text, lost_at) for text, lost_at in found.items())


def grouping(
    notifications: Notifications, posting: Posting, told: Told, busy: str | None = None
) -> Judgement:
    """Alerts of one group came as one notification, and none of another group with them."""
    labels = [notifications.grouped_by(one.route) for one in posting.routes]
    each = list(zip(posting.routes, labels, strict=True))
    findings = [one for route, by in each for one in _ungrouped(route, by, told)]
    evidence = [_deliveries(route, by, told) for route, by in each]
    whole = [all(told.of(a, "firing") for a in one.alerts) for one in posting.routes]
    if not findings and not all(whole):
        text = "not every alert was delivered, so what comes together is not known"
        return unmeasured(text, evidence)
    met = (
        f"{MEMBERS} alerts of a group in one notification, those of other groups in others: "
        f"{len(each)} routes, by {', '.join(notifications.group_by)}"
    )
    return excused(conclude(met, findings, evidence, exercised=sum(whole)), busy)


def _ungrouped(one: OfRoute, labels: Sequence[str], told: Told) -> Iterator[Finding]:
    """What of a route did not come as it is grouped. Of repeats the first counts: Alertmanager
    delivers at least once.
    """
    about, first = shown(one.members[0]), [_first(alert, told) for alert in one.members]
    came = sorted({number for number in first if number is not None})
    if len(came) > 1:
        yield Finding(
            f"{about}: {len(first)} alerts of one group came as {len(came)} notifications"
        )
    for label, alert in one.others.items():
        if _first(alert, told) in came:
            text = f"{about}: an alert with another {label} came in the same notification"
            yield Finding(text)
    for keys in sorted({tuple(sorted(n.group)) for a in one.alerts for n in told.of(a, "firing")}):
        if set(keys) != set(labels):
            text = f"{about}: grouped by {', '.join(keys) or 'nothing'}"
            yield Finding(f"{text}, expected {', '.join(sorted(labels))}")


def inhibition(posting: Posting, told: Told, busy: str | None = None) -> Judgement:
    """An alert that another keeps back is shown as suppressed by that one, and nobody was told of
    it, while one to which that does not apply arrived.
    """
    found = [_kept_back(one, told, _fingerprint(one, told), one.by) for one in posting.inhibited]
    return _all_kept_back(found, busy)


def silence(posting: Posting, told: Told, busy: str | None = None) -> Judgement:
    """A silenced alert is shown as suppressed by the silence, and nobody was told of it, while
    another of its group arrived.
    """
    if told.refused:
        evidence = [Evidence("silence", "/api/v2/silences", told.refused, "an id")]
        finding = Finding(f"Alertmanager does not take a silence: {told.refused}")
        return conclude("", [finding], evidence)
    found = [_kept_back(posting.silenced, told, told.silence, "a silence")]
    return _all_kept_back(found, busy)


Found = tuple[list[Finding], str | None, list[Evidence], str]
"""What is wrong, why nothing can be told, what it rests on, and what is so if nothing is wrong."""


def _kept_back(one: KeptBack, told: Told, by: str | None, words: str) -> Found:
    """What came of an alert that `by` keeps back: a fingerprint or a silence's id; None where
    Alertmanager has none.
    """
    about, control = shown(one.target), told.of(one.control, "firing")
    evidence = [_state(one, told, by), _quiet(one, told)]
    if by is None or one.target.role not in told.held:
        return [], f"{about}: Alertmanager lacks it, or what keeps it back", evidence, ""
    findings = list(_not_kept_back(one, told, by, words))
    if not control:
        return findings, f"{about}: the one beside it did not arrive either", evidence, ""
    quiet = told.until - min(n.at for n in control)
    met = f"{about} kept back by {words}, for {quiet:.1f} s after the one beside it arrived"
    return findings, None, evidence, met


def _not_kept_back(one: KeptBack, told: Told, by: str, words: str) -> Iterator[Finding]:
    about, held, beside = shown(one.target), told.held[one.target.role], one.control.role
    for note in told.of(one.target)[:1]:
        text = f"{about}: told at {note.path} as {note.status}, expected kept back by {words}"
        yield Finding(text)
    if held.state != "suppressed" or by not in held.kept_back_by:
        yield Finding(f"{about}: {held.state} in Alertmanager, expected suppressed by {words}")
    if beside in told.held and told.held[beside].kept_back_by:
        text = f"{about}: so is the one beside it, to which that does not apply"
        yield Finding(text + _why(told.held[beside]))


def _all_kept_back(found: Sequence[Found], busy: str | None) -> Judgement:
    findings = [one for each in found for one in each[0]]
    lacking = [why for _, why, _, _ in found if why]
    evidence = [one for each in found for one in each[2]]
    if lacking and not findings:
        return untimed(busy, "", evidence) if busy else unmeasured(lacking[0], evidence)
    return conclude(named((met for *_, met in found), 2), findings, evidence, exercised=len(found))


def resolved(posting: Posting, told: Told, busy: str | None = None) -> Judgement:
    """Everybody who was told of an alert was told of its end."""
    fired = [
        (one, path)
        for one in posting.told
        for path in sorted({n.path for n in told.of(one, "firing")})
    ]
    lost = [(one, path) for one, path in fired if not _end_was_told(one, path, told)]
    findings = [
        _endless(path, [one for one, where in lost if where == path])
        for path in sorted({path for _, path in lost})
    ]
    seen = f"{len(fired) - len(lost)} told"
    evidence = [Evidence("ends", "webhook", seen, f"{len(fired)} told, as when they fired")]
    if not fired:
        return unmeasured("nobody was told of any alert, so of no end either", evidence)
    met = f"{len(fired)} ends told to whom the alerts were told, within {told.ended[1]:.1f} s"
    return _waited(excused(conclude(met, findings, evidence), busy), told.ended)


def _end_was_told(alert: PostedAlert, path: str, told: Told) -> bool:
    return any(n.path == path for n in told.of(alert, "resolved"))


def _endless(path: str, alerts: Sequence[PostedAlert]) -> Finding:
    text = f"{path} was not told that {len(alerts)} alerts ended: {shown(alerts[0])}"
    return Finding(text, TO_RECEIVER)


def _waited(judgement: Judgement, waited: tuple[float, float]) -> Judgement:
    return replace(judgement, allowed_s=waited[0], took_s=waited[1])


def _first(alert: PostedAlert, told: Told) -> int | None:
    return min((n.delivery for n in told.of(alert, "firing")), default=None)


def _fingerprint(one: KeptBack, told: Told) -> str | None:
    seen = told.held.get(one.source.role) if one.source else None
    return seen.fingerprint if seen else None


def _why(held: AlertSeen) -> str:
    return f": kept back by {named(held.kept_back_by)}" if held.kept_back_by else ""


def _routed(one: OfRoute, told: Told) -> Evidence:
    seen = {" ".join(h.receivers) for a in one.alerts if (h := told.held.get(a.role))}
    paths = {n.path for alert in one.alerts for n in told.of(alert, "firing")}
    observed = f"{_list(seen)} at {_list(paths)}"
    expected = f"{one.route.receiver} at {one.route.delivered_to}"
    return Evidence("route", shown(one.members[0]), observed, expected, told.repeat or None)


def _deliveries(one: OfRoute, labels: Sequence[str], told: Told) -> Evidence:
    numbers = [
        f"{alert.role.partition('/')[2]} in {_first(alert, told) or 'none'}" for alert in one.alerts
    ]
    expected = f"members in one, the others in others, grouped by {', '.join(labels)}"
    return Evidence("deliveries", shown(one.members[0]), ", ".join(numbers), expected)


def _state(one: KeptBack, told: Told, by: str | None) -> Evidence:
    held = told.held.get(one.target.role)
    seen = f"{held.state} by {', '.join(held.kept_back_by) or 'nobody'}" if held else "not there"
    return Evidence("alert", shown(one.target), seen, f"suppressed by {by}", told.repeat or None)


def _quiet(one: KeptBack, told: Told) -> Evidence:
    def times(alert: PostedAlert) -> str:
        seen = [f"{n.at - told.at:.1f} s {n.status} at {n.path}" for n in told.of(alert)]
        return ", ".join(seen) or "none"

    observed = f"{times(one.target)}; beside it {times(one.control)}"
    expected = f"none in {told.until - told.at:.1f} s; beside it firing"
    return Evidence("notifications", "webhook", observed, expected)


def _list(items: Iterable[str]) -> str:
    return ", ".join(sorted(items)) or "none"
