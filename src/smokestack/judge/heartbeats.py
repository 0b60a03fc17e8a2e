"""grafana.heartbeat: does Grafana evaluate an alert of its own, and tell somebody?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smokestack.alerting import ManagedRule, Notification
from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system.dashboards import ManagedAlert
from smokestack.wait import Waited

FROM_FILE = "file"


def heartbeat(
    expected: ManagedAlert,
    waited: Waited[object],
    rule: ManagedRule | None,
    told: Sequence[Notification],
    repeat: str,
) -> Judgement:
    """Its rule comes from a file, is evaluated, fires, and the right receiver is told."""
    if waited.value is None:
        return unmeasured(waited.error or "Grafana could not be asked")
    name = expected.title
    if rule is None:
        return conclude(
            "", [Finding(f"Grafana has no rule {expected.uid} ({name})")], waited=waited
        )
    findings = [Finding(f"{name}: {text}") for text in _wrong(expected, rule, told)]
    evidence = [
        Evidence(
            "rule",
            expected.uid,
            f"{rule.state or 'never evaluated'}, health {rule.health or 'unknown'}, "
            f"provenance {rule.provenance or 'none'}, receiver {rule.receiver or 'by policy'}",
            "firing, health ok, provenance file",
            repeat,
        ),
        Evidence(
            "notifications", name, named(f"{one.status} at {one.path}" for one in told) or "none",
            f"firing at {expected.delivered_to}",
        ),
    ]  # fmt: skip
    summary = f"{name} comes from a file, is evaluated, fires, and {expected.delivered_to} is told"
    return conclude(summary, findings, evidence, exercised=len(told) + len(findings), waited=waited)


def _wrong(
    expected: ManagedAlert, rule: ManagedRule, told: Sequence[Notification]
) -> Iterator[str]:
    if rule.provenance != FROM_FILE:
        yield "it does not come from a file: it was made by hand"
    if rule.title != expected.title:
        yield f"its title is {rule.title!r}"
    if rule.paused:
        yield "it is paused"
    elif not told:
        yield f"nobody was told: {_silent(rule)}"
    for key, value in expected.labels.items():
        if (found := rule.labels.get(key)) != value:
            yield f"its label {key} is {found or 'not there'}, expected {value}"
    if told and not (right := [one for one in told if one.path == expected.delivered_to]):
        yield f"{named({one.path for one in told})} was told, expected {expected.delivered_to}"
    elif told:
        yield from _lacks(expected, right[0])


def _silent(rule: ManagedRule) -> str:
    if rule.error:
        return f"its evaluation fails: {rule.error}"
    if rule.state != "firing":
        return f"it is {rule.state}" if rule.state else "it was never evaluated"
    return f"it fires, for the receiver {rule.receiver or '(by policy)'}"


def _lacks(expected: ManagedAlert, told: Notification) -> Iterator[str]:
    for key, text in expected.annotations.items():
        if text not in told.annotations.get(key, ""):
            yield f"its annotation {key} lacks {text!r}"
