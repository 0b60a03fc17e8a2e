"""alerts.quiet: does nothing fire but what always fires?"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from smokestack.alerting import AlertSeen, RuleSeen
from smokestack.judge.conclude import conclude, unmeasured
from smokestack.results import Evidence, Finding, Judgement

STALE = 4
"""So many intervals after its last evaluation a rule says nothing of now."""
LEAST_STALE_S = 60.0
"""Nor need it have been evaluated later than so long ago."""


@dataclass(frozen=True)
class _Firing:
    """An alert that fires, who is told of it, and whether somebody has silenced it."""

    alert: AlertSeen
    fate: str
    silenced: bool = False

    def __str__(self) -> str:
        labels = " ".join(
            f"{name}={value}"
            for name, value in sorted(self.alert.labels.items())
            if name != "alertname"
        )
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.alert.active_at or 0.0))
        return f"{self.alert.name} fires ({labels}), true since {since}; {self.fate}"


def quiet(
    always: Collection[str],
    rules: Iterable[RuleSeen],
    seen: Iterable[AlertSeen],
    held: Sequence[AlertSeen] | None,
    now: float,
    repeat: str,
) -> Judgement:
    """Nothing fires but the alerts of `always`, and each of these does.

    `seen` are the alerts of Prometheus, `held` those of Alertmanager; None where it cannot be
    asked. One that somebody has silenced is known of, and only named.
    """
    alerting = [rule for rule in rules if rule.type == "alerting"]
    fresh = [rule for rule in alerting if _is_fresh(rule, now)]
    firing = [_firing(alert, held) for alert in seen if alert.state == "firing"]
    evidence = _evidence(always, firing, repeat)
    if not fresh:
        there = f"none of {len(alerting)} alerting rules was evaluated lately"
        why = there if alerting else "no alerting rule is loaded"
        return unmeasured(f"{why}, so nothing could fire", evidence)
    more = sorted(always) + [f"{one.alert.name} ({one.fate})" for one in firing if one.silenced]
    but = f" but {', '.join(more)}" if more else ""
    return conclude(
        f"none of {len(fresh)} alerts fires{but}",
        _findings(always, firing),
        evidence,
        exercised=len(fresh),
    )


def _findings(always: Collection[str], firing: Sequence[_Firing]) -> Iterator[Finding]:
    for one in firing:
        if one.alert.name not in always and not one.silenced:
            yield Finding(str(one))
    for name in sorted(set(always) - {one.alert.name for one in firing}):
        yield Finding(f"{name} does not fire, and always must: it says that alerts arrive")


def _evidence(always: Collection[str], firing: Sequence[_Firing], repeat: str) -> list[Evidence]:
    wanted = f"{', '.join(sorted(always)) or 'none'} fires"
    found = [Evidence("alert", one.alert.name, str(one), wanted, repeat) for one in firing]
    return found or [Evidence("alerts", "/api/v1/alerts", "none fires", wanted, repeat)]


def _is_fresh(rule: RuleSeen, now: float) -> bool:
    allowed = max(STALE * rule.interval_s, LEAST_STALE_S)
    return rule.health == "ok" and now - rule.last_evaluation <= allowed


def _firing(alert: AlertSeen, held: Sequence[AlertSeen] | None) -> _Firing:
    """Who is told of an alert, as Alertmanager has it: there it has the same labels and more."""
    if held is None:
        return _Firing(alert, "who is told is not known")
    mine = next((one for one in held if alert.labels.items() <= one.labels.items()), None)
    if mine is None:
        return _Firing(alert, "Alertmanager does not have it")
    names = {one.fingerprint: one.name for one in held}
    if silences := [one for one in mine.kept_back_by if one not in names]:
        return _Firing(alert, f"silenced by {', '.join(silences)}", silenced=True)
    if mine.kept_back_by:
        above = sorted({names[one] for one in mine.kept_back_by})
        return _Firing(alert, f"kept back by {', '.join(above)}")
    return _Firing(alert, f"told to {', '.join(mine.receivers) or 'nobody'}")
