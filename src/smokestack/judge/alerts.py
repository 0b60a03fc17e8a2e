"""alerts.*: does the alert that should fire fire, and only then; does it reach its receiver?

Whether its rule is loaded is judged in rules.py, how long each hop took in hops.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from smokestack.alerting import AlertLife
from smokestack.judge.conclude import conclude, excused, unmeasured, untimed
from smokestack.judge.deadlines import HOLD_EVALUATIONS
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Alert

STIMULUS_TOLERANCE = 0.1
"""The stimulus must reach its aim within this share, or nothing follows from what the rule did."""


def held_below(alert: Alert, life: AlertLife, busy: str | None = None) -> Judgement:
    """At 0.8 times its threshold, over a full window, the alert stayed inactive.

    That it rose when driven is the control: an alert that never stirs is not held by anything.
    `busy`, here and below, is why what an alert did, or when, says nothing, if it does not.
    """
    evidence = [_stimulus(alert, life), _states(life)]
    aim = alert.threshold * alert.driven.hold
    if problem := _off_aim(life.held, aim, life):
        return unmeasured(problem, evidence)
    early = [s for at, s in life.states if life.full_at <= at < life.drive_at and s != "inactive"]
    state = _state_at(life, life.full_at)
    if state not in ("inactive", None):
        early.append(state)
    findings = [
        Finding(
            f"{alert.alert} was {s} at {life.held:.3f}, below its threshold {alert.threshold:g}"
        )
        for s in dict.fromkeys(early)
    ]
    if life.states and not findings and not life.rose:
        text = f"{alert.alert} stayed inactive when driven too, so that it did here says nothing"
        return unmeasured(text, evidence)
    if not findings and (untold := _not_held(alert, life)):
        return untimed(busy, untold, evidence) if busy else unmeasured(untold, evidence)
    held_s = life.drive_at - life.full_at
    judgement = conclude(
        f"inactive at {life.held or 0:.3f} ({alert.driven.hold:g} × threshold) for "
        f"{held_s:.1f} s over a full window",
        findings, evidence, exercised=1 if life.states else 0,
    )  # fmt: skip
    return excused(judgement, busy)


def fires(alert: Alert, life: AlertLife, busy: str | None = None) -> Judgement:
    """At 1.2 times its threshold it goes inactive, pending, firing, not before its `for`."""
    evidence = [_stimulus(alert, life), _states(life)]
    if life.firing_at is None:
        aim = alert.threshold * alert.driven.drive
        if problem := _off_aim(life.driven, aim, life):
            return unmeasured(problem, evidence)
        last = life.states[-1][1] if life.states else "not there"
        text = f"{alert.alert} did not fire at {life.driven:.3f}; it is {last}"
        return _absent(text, "rule evaluation", evidence, busy)
    findings = []
    if life.firing_at < life.drive_at:
        findings = [Finding(f"{alert.alert} fired before it was driven over its threshold")]
    elif life.pending_at is not None and life.pending_at < life.drive_at:
        findings = [Finding(f"{alert.alert} was pending before it was driven over its threshold")]
    elif life.pending_at is None:
        findings = [Finding(f"{alert.alert} fired without ever being pending")]
    elif life.inactive_at is None:
        text = f"{alert.alert} still fires after its cause ended"
        return _absent(text, "rule evaluation", evidence, busy)
    judgement = conclude(
        f"inactive → pending → firing at {life.driven or 0:.3f} "
        f"({alert.driven.drive:g} × threshold) → inactive",
        findings, evidence,
    )  # fmt: skip
    return excused(judgement, busy)


def in_alertmanager(alert: Alert, life: AlertLife, busy: str | None = None) -> Judgement:
    """Once firing it is active in Alertmanager, for the expected receiver."""
    seen = life.in_alertmanager
    evidence = [
        Evidence(
            "alert",
            "/api/v2/alerts",
            f"{seen.state} {', '.join(seen.receivers)}" if seen else "not there",
            f"active {alert.receiver}",
        )  # fmt: skip
    ]
    if life.firing_at is None:
        return unmeasured(f"{alert.alert} did not fire, so nothing could be handed on", evidence)
    if seen is None:
        text = f"{alert.alert} fires in Prometheus, but Alertmanager does not have it"
        return _absent(text, "Prometheus → Alertmanager", evidence, busy)
    findings = []
    if seen.state != "active":
        findings.append(Finding(f"{alert.alert} is {seen.state} in Alertmanager, expected active"))
    if seen.receivers != (alert.receiver,):
        findings.append(
            Finding(f"routed to {', '.join(seen.receivers) or 'nobody'}, expected {alert.receiver}")
        )
    return conclude(f"active, for receiver {alert.receiver}", findings, evidence)


def delivered(alert: Alert, life: AlertLife, busy: str | None = None) -> Judgement:
    """The notification reached the right receiver, and no other."""
    mine = [n for n in life.notifications if n.name == alert.alert and n.status == "firing"]
    evidence = [_deliveries(life, alert.delivered_to)]
    if life.in_alertmanager is None:
        return unmeasured(f"{alert.alert} never was in Alertmanager", evidence)
    findings = [
        Finding(f"delivered to {n.path} (receiver {n.receiver}), expected {alert.delivered_to}")
        for n in mine
        if n.path != alert.delivered_to
    ]
    if not mine:
        text = f"{alert.alert} was not delivered to {alert.delivered_to}"
        return _absent(text, "Alertmanager → receiver", evidence, busy)
    if not any(n.path == alert.delivered_to for n in mine):
        text = f"{alert.alert} was not delivered to {alert.delivered_to}"
        findings.append(Finding(text, "Alertmanager → receiver"))
    starts = {(n.fingerprint, n.starts_at) for n in mine}
    return conclude(
        f"delivered to {alert.delivered_to}, {len(starts)} alert in {len(mine)} notification"
        f"{'s' if len(mine) != 1 else ''}",
        findings, evidence,
    )  # fmt: skip


def content(alert: Alert, life: AlertLife) -> Judgement:
    """Labels, severity, annotations and grouping of the notification are as expected."""
    note = life.delivered("firing")
    evidence = [_deliveries(life, alert.delivered_to)]
    if note is None:
        return unmeasured("no notification arrived to be read", evidence)
    findings = []
    for name, value in {**alert.labels, **alert.subject}.items():
        if note.labels.get(name) != value:
            findings.append(
                Finding(f"label {name} is {note.labels.get(name) or 'missing'}, expected {value}")
            )
    for name, text in alert.annotations.items():
        if text not in note.annotations.get(name, ""):
            findings.append(
                Finding(
                    f"annotation {name} is {note.annotations.get(name)!r}, expected {text!r} in it"
                )
            )
    if set(note.group) != set(alert.group_by):
        findings.append(
            Finding(f"grouped by {sorted(note.group)}, expected {sorted(alert.group_by)}")
        )
    shown = ", ".join(f"{name}={value}" for name, value in sorted(note.labels.items()))
    evidence.append(Evidence("labels", note.path, shown, str({**alert.labels, **alert.subject})))
    return conclude(
        f"severity {note.labels.get('severity')}, grouped by {', '.join(alert.group_by)}: "
        f"{note.annotations.get('summary', '')}",
        findings, evidence,
    )  # fmt: skip


def resolved(alert: Alert, life: AlertLife, busy: str | None = None) -> Judgement:
    """After its cause ends it resolves, and the receiver is told."""
    evidence = [_deliveries(life, alert.delivered_to), _states(life)]
    if life.delivered("firing") is None:
        return unmeasured(f"{alert.alert} was never delivered, so it cannot resolve", evidence)
    if life.inactive_at is None:
        text = f"{alert.alert} still fires after its cause ended"
        return _absent(text, "rule evaluation", evidence, busy)
    note = life.delivered("resolved")
    if note is None:
        text = f"{alert.alert} resolved, but the receiver was not told"
        return _absent(text, "Alertmanager → receiver", evidence, busy)
    findings = []
    if note.path != alert.delivered_to:
        findings = [Finding(f"resolved at {note.path}, expected {alert.delivered_to}")]
    return conclude(f"resolved, and {note.path} was told", findings, evidence)


def _absent(text: str, lost_at: str, evidence: Sequence[Evidence], busy: str | None) -> Judgement:
    """Something did not happen in the time allowed for it: missed, if time can be told."""
    return excused(conclude("", [Finding(text, lost_at)], evidence), busy)


def _off_aim(reached: float | None, aim: float, life: AlertLife) -> str | None:
    if reached is None:
        return "nothing was done, so the rule was not exercised"
    if abs(reached - aim) > max(STIMULUS_TOLERANCE * aim, life.slack):
        why = life.shortfall or "the load fell short"
        return f"the stimulus was {reached:.3f} where {aim:.3f} was meant: {why}"
    return None


def _not_held(alert: Alert, life: AlertLife) -> str | None:
    """Why it says nothing that the alert stayed inactive."""
    if life.window_lost:
        return f"no full window below its threshold was scraped: {life.window_lost}"
    if life.evaluations < HOLD_EVALUATIONS:
        return (
            f"Prometheus was seen to evaluate {alert.alert} {life.evaluations} times over a full "
            f"window, where {HOLD_EVALUATIONS} say that it stays inactive"
        )
    return None


def _state_at(life: AlertLife, at: float) -> str | None:
    before = [state for seen_at, state in life.states if seen_at <= at]
    return before[-1] if before else None


def _stimulus(alert: Alert, life: AlertLife) -> Evidence:
    shown = [f"{value:.4f}" if value is not None else "none" for value in (life.held, life.driven)]
    lived = alert.driven
    aims = f"{lived.hold * alert.threshold:.4f} then {lived.drive * alert.threshold:.4f}"
    return Evidence("stimulus", life.stimulus, " then ".join(shown), aims)


def _states(life: AlertLife) -> Evidence:
    shown = ", ".join(f"{at - life.hold_at:.1f} s {state}" for at, state in life.states)
    return Evidence(
        "states", "/api/v1/rules", shown or "never seen", "inactive, pending, firing, inactive"
    )


def _deliveries(life: AlertLife, path: str) -> Evidence:
    shown = ", ".join(
        f"{n.at - life.hold_at:.1f} s {n.status} {n.name} at {n.path}" for n in life.notifications
    )
    return Evidence("notifications", "webhook", shown or "none", f"firing, resolved at {path}")
