"""alerts.rules-loaded: are the rules in Prometheus those that system.yaml names?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smokestack.alerting import RuleSeen
from smokestack.judge.conclude import conclude, named, skipped
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Alert, System


def rules_loaded(
    system: System, rules: Sequence[RuleSeen], factor: float, repeat: str
) -> Judgement:
    """Every expected alert is loaded, healthy, with its `for`, labels and annotations; no other.

    Skipped where none is expected and none is there.
    """
    found = {rule.name: rule for rule in rules if rule.type == "alerting"}
    findings = [
        Finding(f"alert {a.alert} is not loaded", "Prometheus rule files")
        for a in system.alerts
        if a.alert not in found
    ]
    findings += [
        Finding(f"alert {name} is loaded but not in system.yaml")
        for name in sorted(set(found) - {a.alert for a in system.alerts})
    ]
    findings += [
        Finding(f"rule {rule.name} is {rule.health}: {rule.last_error}")
        for rule in rules
        if rule.health not in ("ok", "unknown")
    ]
    for alert in system.alerts:
        if rule := found.get(alert.alert):
            findings += _unlike(alert, rule, factor)
    if (none := system.lacks("alerts")) and not findings:
        return skipped(none)
    evidence = Evidence(
        "rules", "/api/v1/rules", named(sorted(found), 20),
        named((a.alert for a in system.alerts), 20), repeat,
    )  # fmt: skip
    return conclude(
        f"{len(system.alerts)} alerts loaded as expected",
        findings,
        [evidence],
        exercised=len(system.alerts),
    )


def _unlike(alert: Alert, rule: RuleSeen, factor: float) -> Iterable[Finding]:
    real = rule.duration_s * alert.factor(factor)
    if abs(real - alert.for_s) > 0.01 * alert.for_s:
        yield Finding(f"{alert.alert} waits {real:g} s, expected {alert.for_s:g} s")
    for name, value in alert.labels.items():
        if rule.labels.get(name) != value:
            seen = rule.labels.get(name) or "missing"
            yield Finding(f"{alert.alert}: label {name} is {seen}, expected {value}")
    for name in alert.annotations:
        if name not in rule.annotations:
            yield Finding(f"{alert.alert}: annotation {name} is missing")
