"""alerts.quiet: what fires is named, unless it always does or somebody has silenced it."""

from __future__ import annotations

from dataclasses import replace

from smokestack.alerting import AlertSeen, RuleSeen
from smokestack.judge.quiet import quiet
from smokestack.results import Judgement, Verdict

NOW = 1_800_000_000.0
RULE = RuleSeen(
    "Errors", "alerting", "up == 0", 60.0, {}, {}, "inactive", "ok", "", NOW - 20, 0.001, "g", 30.0,
    "rules.yml",
)  # fmt: skip
FIRING = AlertSeen("Errors", "firing", {"alertname": "Errors", "service": "x"}, {}, NOW - 600)
HELD = replace(
    FIRING, state="active", receivers=("critical",), fingerprint="aa",
    labels={**FIRING.labels, "cluster": "c"},
)  # fmt: skip
WATCHDOG = AlertSeen("Watchdog", "firing", {"alertname": "Watchdog"}, {}, NOW - 9000)


def judged(
    *seen: AlertSeen, held: list[AlertSeen] | None = None, always: tuple[str, ...] = (),
    rules: tuple[RuleSeen, ...] = (RULE,),
) -> Judgement:  # fmt: skip
    """The judgement on what fires."""
    return quiet(always, rules, seen, held, NOW, "curl")


def test_nothing_fires() -> None:
    """What is pending does not fire."""
    found = judged(replace(FIRING, state="pending"), held=[])
    assert (found.verdict, found.summary) == (Verdict.MET, "none of 1 alerts fires")


def test_what_fires_is_named_with_labels_since_when_and_who_is_told() -> None:
    """Alertmanager's labels may be more: those of the cluster."""
    found = judged(FIRING, held=[HELD])
    assert found.verdict is Verdict.MISSED
    assert found.summary == (
        "Errors fires (service=x), true since 2027-01-15 07:50:00 UTC; told to critical"
    )
    assert "Alertmanager does not have it" in judged(FIRING, held=[]).summary
    assert "who is told is not known" in judged(FIRING).summary


def test_a_silenced_alert_is_only_named_one_that_is_kept_back_is_missed() -> None:
    """A silence is somebody's decision; what keeps it back fires as well."""
    silenced = judged(FIRING, held=[replace(HELD, kept_back_by=("b1c2-d3",))])
    assert silenced.verdict is Verdict.MET
    assert silenced.summary == "none of 1 alerts fires but Errors (silenced by b1c2-d3)"
    above = replace(HELD, name="Down", fingerprint="bb", labels={"alertname": "Down"})
    held = [replace(HELD, kept_back_by=("bb",)), above]
    assert "kept back by Down" in judged(FIRING, held=held).summary


def test_a_dead_mans_switch_must_fire() -> None:
    """It says that alerts arrive: silent, it is missed."""
    assert judged(WATCHDOG, always=("Watchdog",)).verdict is Verdict.MET
    found = judged(always=("Watchdog",))
    assert found.verdict is Verdict.MISSED
    assert "Watchdog does not fire, and always must" in found.summary


def test_without_rules_that_are_evaluated_quiet_says_nothing() -> None:
    """No rules, rules that fail, or none evaluated for minutes."""
    for rules in ((), (replace(RULE, health="err"),), (replace(RULE, last_evaluation=NOW - 300),)):
        assert judged(rules=rules).verdict is Verdict.UNMEASURED
    assert (
        "none of 1 alerting rules was evaluated lately"
        in judged(rules=(replace(RULE, last_evaluation=NOW - 300),)).summary
    )
