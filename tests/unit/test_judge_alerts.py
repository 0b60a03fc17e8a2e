"""alerts.*: a life judged hop by hop; what did not happen is never judged as if it had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from smokestack.alerting import AlertLife, AlertSeen, Notification, RuleSeen
from smokestack.drive.lives import timeline
from smokestack.judge import alerts, hops
from smokestack.judge.deadlines import Deadlines
from smokestack.judge.rules import rules_loaded
from smokestack.results import Judgement, Verdict
from smokestack.timings import Timings
from tests.unit.judged import ALERT, SYSTEM

FACTOR = 120.0
DEADLINES = Deadlines(Timings(0.25, 0.25, 0.25, 0.05, 0.01, 0.04, 0.0, 0.25, 2.5, 0.05))


def note(at: float, status: str, path: str = "/critical", **more: Any) -> Notification:
    """A delivery about the alert."""
    values: dict[str, Any] = {
        "at": at, "path": path, "receiver": "critical", "status": status, "name": "Errors",
        "labels": {"severity": "critical", "service": "front"},
        "annotations": {"summary": "Errors on front"}, "group": {"alertname": "Errors"},
        "starts_at": "then", "fingerprint": "f",
    }  # fmt: skip
    return Notification(**{**values, **more})


LIFE = AlertLife(
    name="Errors", hold_at=0, full_at=3, drive_at=4, recover_at=8, ended_at=12,
    held=0.04, driven=0.06,
    states=((0, "inactive"), (5, "pending"), (7.5, "firing"), (9, "inactive")),
    pending_at=5, firing_at=7.5, inactive_at=9,
    in_alertmanager=AlertSeen("Errors", "active", {}, {}, receivers=("critical",)),
    notifications=(note(7.8, "firing"), note(10, "resolved")), evaluations=4,
)  # fmt: skip
NEVER = replace(
    LIFE, states=((0, "inactive"),), pending_at=None, firing_at=None, inactive_at=None,
    in_alertmanager=None, notifications=(),
)  # fmt: skip
RULE = RuleSeen(
    "Errors", "alerting", "expr", 2.5, {"severity": "critical"}, {"summary": "text"}, "inactive",
    "ok", "", 1.0, 0.1, "group", 0.25, "file",
)  # fmt: skip


def hop_times(life: AlertLife, busy: str | None = None) -> Judgement:
    """The judgement on the time of each hop."""
    return hops.hop_times(ALERT, life, DEADLINES, FACTOR, busy)


def test_a_life_as_it_should_be_is_met_in_every_check() -> None:
    """Held, fired, handed on, delivered, resolved, each hop in time."""
    for judge in (
        alerts.held_below, alerts.fires, alerts.in_alertmanager, alerts.delivered, alerts.content,
        alerts.resolved,
    ):  # fmt: skip
        assert judge(ALERT, LIFE).verdict is Verdict.MET, judge.__name__
    assert hop_times(LIFE).verdict is Verdict.MET


def test_what_follows_an_alert_that_never_fired_is_unmeasured() -> None:
    """It did not fire: missed. The rest did not get its chance."""
    assert alerts.fires(ALERT, NEVER).verdict is Verdict.MISSED
    for judge in (
        alerts.held_below, alerts.in_alertmanager, alerts.delivered, alerts.content,
        alerts.resolved,
    ):  # fmt: skip
        assert judge(ALERT, NEVER).verdict is Verdict.UNMEASURED, judge.__name__
    assert hop_times(NEVER).verdict is Verdict.UNMEASURED


def test_a_stimulus_that_missed_its_aim_leaves_the_rule_unmeasured() -> None:
    """A load that fell short proves nothing about the threshold."""
    assert alerts.held_below(ALERT, replace(LIFE, held=0.02)).verdict is Verdict.UNMEASURED
    assert alerts.held_below(ALERT, replace(LIFE, held=None)).verdict is Verdict.UNMEASURED
    assert alerts.fires(ALERT, replace(NEVER, driven=0.05)).verdict is Verdict.UNMEASURED


def test_what_comes_to_a_stimulus_of_itself_is_not_held_against_it() -> None:
    """Within its slack; beyond it the rule is unmeasured as ever."""
    near = replace(LIFE, held=0.048, slack=0.01)
    assert alerts.held_below(ALERT, near).verdict is Verdict.MET
    assert alerts.held_below(ALERT, replace(near, slack=0.001)).verdict is Verdict.UNMEASURED


def test_stirring_below_the_threshold_is_missed() -> None:
    """Pending is not inactive, whether it began in the quiet window or before."""
    within = replace(LIFE, states=((0, "inactive"), (3.5, "pending"), (7, "firing")))
    before = replace(LIFE, states=((0, "inactive"), (1, "pending"), (7, "firing")))
    for life in (within, before):
        assert "was pending at 0.040" in alerts.held_below(ALERT, life).summary


def test_what_was_hardly_evaluated_was_not_held() -> None:
    """A rule that Prometheus did not evaluate, or nobody looked at, stays inactive at any rate. One
    that rose was seen to.
    """
    few = alerts.held_below(ALERT, replace(LIFE, evaluations=3))
    assert few.verdict is Verdict.UNMEASURED
    assert few.summary == (
        "Prometheus was seen to evaluate Errors 3 times over a full window, where 4 say that it "
        "stays inactive"
    )
    assert few.summary in alerts.held_below(ALERT, replace(LIFE, evaluations=3), "slow").summary
    lost = alerts.held_below(ALERT, replace(LIFE, window_lost="3 of 20 scrapes failed"))
    assert lost.verdict is Verdict.UNMEASURED
    assert lost.summary.endswith("window below its threshold was scraped: 3 of 20 scrapes failed")
    rose = replace(LIFE, states=((0, "inactive"), (3.5, "pending")), evaluations=0)
    assert alerts.held_below(ALERT, rose).verdict is Verdict.MISSED


def test_one_that_wavers_while_it_is_driven_is_told_so() -> None:
    """What is late is then not the rule's window."""
    states = ((0, "inactive"), (5, "pending"), (6, "inactive"), (14, "pending"), (16.5, "firing"))
    life = replace(
        LIFE, states=(*states, (18, "inactive")), pending_at=14, firing_at=16.5, recover_at=17,
        inactive_at=18, notifications=(note(16.8, "firing"), note(19, "resolved")),
    )  # fmt: skip
    told = hop_times(life)
    assert told.verdict is Verdict.MISSED
    assert told.summary == (
        "pending took 10.0 s, allowed 8.2 s: it was pending before, and inactive again "
        "while it was driven"
    )


def test_no_state_seen_is_unmeasured() -> None:
    """Prometheus that was never asked says nothing of inactivity."""
    assert alerts.held_below(ALERT, replace(LIFE, states=())).verdict is Verdict.UNMEASURED


def test_firing_too_early_without_pending_or_for_ever_is_missed() -> None:
    """Each in its own words."""

    def summary(**more: Any) -> str:
        return alerts.fires(ALERT, replace(LIFE, **more)).summary

    assert "fired before it was driven" in summary(firing_at=3.0)
    assert "was pending before it was driven" in summary(pending_at=3.0)
    assert "without ever being pending" in summary(pending_at=None)
    assert "still fires" in summary(inactive_at=None)


def test_where_an_alert_was_lost_is_the_check_that_is_missed() -> None:
    """Not in Alertmanager, and in it but not delivered."""
    nowhere = replace(LIFE, in_alertmanager=None, notifications=())
    assert alerts.in_alertmanager(ALERT, nowhere).verdict is Verdict.MISSED
    assert alerts.delivered(ALERT, nowhere).verdict is Verdict.UNMEASURED
    silent = replace(LIFE, notifications=())
    assert alerts.delivered(ALERT, silent).verdict is Verdict.MISSED
    assert alerts.content(ALERT, silent).verdict is Verdict.UNMEASURED
    assert alerts.resolved(ALERT, silent).verdict is Verdict.UNMEASURED


def test_what_a_busy_machine_did_not_bring_in_time_is_unmeasured() -> None:
    """Not fired, not handed on, not told: on a machine that could not keep up it says nothing."""
    lives = {
        alerts.fires: NEVER,
        alerts.in_alertmanager: replace(LIFE, in_alertmanager=None),
        alerts.delivered: replace(LIFE, notifications=()),
        alerts.resolved: replace(LIFE, notifications=LIFE.notifications[:1]),
    }
    for judge, life in lives.items():
        judgement = judge(ALERT, life, "3 of 20 scrapes failed")
        assert judgement.verdict is Verdict.UNMEASURED, judge.__name__
        assert "3 of 20 scrapes failed" in judgement.summary


def test_a_busy_machine_excuses_nothing_that_did_happen() -> None:
    """The wrong receiver is the wrong one at any speed."""
    wrong = replace(LIFE, notifications=(note(7.8, "firing", "/default"),))
    assert alerts.delivered(ALERT, wrong, "busy").verdict is Verdict.MISSED


def test_the_wrong_receiver_is_missed_even_beside_the_right_one() -> None:
    """The right receiver is told, and no other."""
    both = replace(LIFE, notifications=(*LIFE.notifications, note(8, "firing", "/default")))
    assert "delivered to /default" in alerts.delivered(ALERT, both).summary
    routed = AlertSeen("Errors", "active", {}, {}, receivers=("critical", "default"))
    judged = alerts.in_alertmanager(ALERT, replace(LIFE, in_alertmanager=routed))
    assert judged.verdict is Verdict.MISSED


def test_notifications_of_another_alert_do_not_count() -> None:
    """Somebody else's delivery proves nothing about ours."""
    other = replace(LIFE, notifications=(note(7.8, "firing", name="Other"),))
    assert alerts.delivered(ALERT, other).verdict is Verdict.MISSED


def test_content_names_what_differs() -> None:
    """Label, annotation and grouping."""

    def summary(**more: Any) -> str:
        life = replace(LIFE, notifications=(note(7.8, "firing", **more),))
        return alerts.content(ALERT, life).summary

    assert "label severity is missing" in summary(labels={"service": "front"})
    assert "annotation summary" in summary(annotations={})
    assert "grouped by" in summary(group={})


def test_resolving_must_be_told_at_the_right_place() -> None:
    """Told nowhere, and told elsewhere."""
    silent = replace(LIFE, notifications=LIFE.notifications[:1])
    assert "was not told" in alerts.resolved(ALERT, silent).summary
    elsewhere = replace(LIFE, notifications=(note(7.8, "firing"), note(9, "resolved", "/x")))
    assert "resolved at /x" in alerts.resolved(ALERT, elsewhere).summary


def test_the_end_of_an_earlier_life_is_not_its_own() -> None:
    """What another alert's drive had set off before may end late, while this one is held."""
    late = note(1.0, "resolved")
    both = replace(LIFE, notifications=(late, note(7.8, "firing"), note(10, "resolved")))
    assert both.delivered("resolved") == note(10, "resolved")
    assert alerts.resolved(ALERT, both).verdict is Verdict.MET
    only = replace(LIFE, notifications=(late, note(7.8, "firing")))
    assert only.delivered("resolved") is None
    assert alerts.resolved(ALERT, only).verdict is Verdict.MISSED
    assert hop_times(only).verdict is not Verdict.MET


def test_a_late_hop_is_missed_unless_the_machine_is_too_busy() -> None:
    """Firing may take `for`, two evaluations and the margin: 8 s."""
    late = replace(LIFE, firing_at=14.0, inactive_at=15.0, notifications=(
        note(14.3, "firing"), note(16, "resolved"),
    ))  # fmt: skip
    assert "firing took 9.0 s, allowed 8.0 s" in hop_times(late).summary
    assert hop_times(late, "no scrapes").verdict is Verdict.UNMEASURED


def test_firing_before_its_time_is_missed() -> None:
    """Half of `for` is far too soon on any machine."""
    soon = replace(LIFE, firing_at=5.5)
    assert "before its `for`" in hop_times(soon).summary
    gone_at_once = hop_times(replace(soon, inactive_at=5.7))
    assert (gone_at_once.verdict, len(gone_at_once.findings)) == (Verdict.MISSED, 1)


def test_a_hop_before_its_cause_has_no_time() -> None:
    """Pending before it was driven was not caused by the drive."""
    early = replace(LIFE, pending_at=2.0)
    assert hop_times(early).verdict is Verdict.UNMEASURED
    assert hop_times(early, "no scrapes").summary == (
        "timing cannot be told: no scrapes; pending came before what should cause it"
    )


def test_rules_must_be_those_of_system_yaml() -> None:
    """Missing, too many, broken, slower, and without a label or annotation."""

    def summary(*rules: RuleSeen) -> str:
        return rules_loaded(SYSTEM, rules, FACTOR, "").summary

    assert summary(RULE) == "1 alerts loaded as expected"
    assert "alert Errors is not loaded" in summary()
    assert "alert New is loaded but not in" in summary(RULE, replace(RULE, name="New"))
    assert "is err: boom" in summary(replace(RULE, health="err", last_error="boom"))
    assert "waits 600 s, expected 300 s" in summary(replace(RULE, duration_s=5.0))
    assert "label severity is missing" in summary(replace(RULE, labels={}))
    assert "annotation summary is missing" in summary(replace(RULE, annotations={}))


def test_no_alert_expected_and_none_loaded_is_skipped() -> None:
    """Empty never equals empty: a system without alerts does not pass, it is not asked."""
    nothing = SYSTEM.model_copy(update={"alerts": ()})
    judgement = rules_loaded(nothing, [], FACTOR, "")
    assert (judgement.verdict, judgement.summary) == (
        Verdict.SKIPPED,
        "this system has no alerts",
    )


def test_an_alert_that_nobody_expects_is_missed_in_a_system_without_any() -> None:
    """A system that claims less than it has is told so."""
    nothing = SYSTEM.model_copy(update={"alerts": ()})
    judgement = rules_loaded(nothing, [RULE], FACTOR, "")
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary == f"alert {RULE.name} is loaded but not in system.yaml"


def test_what_an_alert_did_on_a_busy_machine_says_nothing() -> None:
    """Pending below its threshold, or not firing above it, is unmeasured there, with the reason."""
    early = replace(LIFE, states=((LIFE.hold_at, "inactive"), (LIFE.full_at + 0.1, "pending")))
    never = replace(LIFE, firing_at=None)
    for judgement in (
        alerts.held_below(ALERT, early, "too busy"),
        alerts.fires(ALERT, never, "too busy"),
    ):
        assert judgement.verdict is Verdict.UNMEASURED
        assert "too busy" in judgement.summary
    assert alerts.held_below(ALERT, early).verdict is Verdict.MISSED
    assert alerts.fires(ALERT, never).verdict is Verdict.MISSED
    assert alerts.fires(ALERT, LIFE, "too busy").verdict is Verdict.MET


def test_a_timeline_has_what_was_seen_done_and_told() -> None:
    """All on one clock, which began when the alert was first held."""
    told = timeline(replace(LIFE, hold_at=0.0))
    assert told.events == ((0, "inactive"), (5, "pending"), (7.5, "firing"), (9, "inactive"))
    assert told.marks == (
        (0.0, "held below the threshold"),
        (4, "driven over the threshold"),
        (7.8, "told firing at /critical"),
        (8, "let go"),
        (10, "told resolved at /critical"),
    )
    assert told.started_at == 0.0
    assert len(timeline(NEVER).marks) == 3
