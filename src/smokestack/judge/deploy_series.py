"""deploy.series and deploy.alerts: what vanished with a deploy, and which alerts began."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from smokestack.alerting import RuleSeen
from smokestack.deploys import Began, Families, Labels, Windows
from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.judge.deploy import said
from smokestack.results import Evidence, Finding, Judgement

ENOUGH = 7.0
"""What was to come seven times and did not is gone: by chance that is once in a thousand (e⁻⁷)."""

COUNTED = ("_total", "_count", "_sum")
"""How the samples of counters and histograms end. With labels, they come when they are needed."""

Family = tuple[str, str]


def gone_families(before: Families, after: Families) -> set[Family]:
    """Families (job, metric) that were there before and are not any more."""
    return {one for one in before.series if one not in after.series}


def series(
    before: Families,
    after: Families,
    expected: Mapping[Family, float],
    gauges: Collection[str],
    windows: Windows,
) -> Judgement:
    """Whether each family of before is still there, with its labels; a gauge with each label set.

    `expected`: by how much a counter that is gone grew before, in the length of the window after.
    """
    if not before.series or not after.series:
        return unmeasured(f"no series were there before or after, {said(windows)}")
    gone = gone_families(before, after)
    jobs = {job for job, _ in before.series}
    silent = {job for job in jobs if before.up.get(job) and not after.up.get(job)}
    untold = [
        f"{job}: {name}" for job, name in sorted(gone)
        if job not in silent and _comes_with_use(name, before.series[job, name])
        and expected.get((job, name), 0.0) < ENOUGH
    ]  # fmt: skip
    findings = [
        *(
            Finding(f"{job}: none of its targets answers, so all of it vanished")
            for job in sorted(silent)
        ),
        *_vanished(gone, silent, untold),
        *_lost_labels(before, after),
        *_lost_sets(before, after, gauges),
    ]
    evidence = Evidence(
        "series", "families", f"{len(after.series)} now", f"{len(before.series)} as before"
    )
    if untold and not findings:
        text = f"not used since, so whether they are gone cannot be told: {named(untold)}"
        return unmeasured(text, (evidence,))
    text = f"all {len(before.series)} metrics of {len(jobs)} jobs are still there"
    return conclude(text, findings, (evidence,), exercised=len(before.series))


def _comes_with_use(name: str, sets: Iterable[Labels]) -> bool:
    return name.endswith(COUNTED) and all(sets)


def _vanished(
    gone: Iterable[Family], silent: Collection[str], untold: Collection[str]
) -> Iterator[Finding]:
    for job, name in sorted(gone):
        if job not in silent and f"{job}: {name}" not in untold:
            yield Finding(f"{job}: {name} vanished")


def _lost_labels(before: Families, after: Families) -> Iterator[Finding]:
    for family in sorted(before.series.keys() & after.series.keys()):
        lost = _names(before.series[family]) - _names(after.series[family])
        if lost:
            yield Finding(f"{family[0]}: {family[1]} lost its label {named(sorted(lost))}")


def _names(sets: Iterable[Labels]) -> set[str]:
    return {name for labels in sets for name, _ in labels}


def _lost_sets(before: Families, after: Families, gauges: Collection[str]) -> Iterator[Finding]:
    for family in sorted(before.series.keys() & after.series.keys()):
        if family[1] not in gauges:
            continue
        if not _names(before.series[family]) <= _names(after.series[family]):
            continue
        for labels in sorted(before.series[family] - after.series[family]):
            yield Finding(f"{family[0]}: {family[1]}{_shown(labels)} vanished")


def alerts(seen: Began, rules: Sequence[RuleSeen], windows: Windows) -> Judgement:
    """Whether an alert fires since the deploy that did not before."""
    alerting = [one for one in rules if one.type == "alerting"]
    began = sorted(seen.after - seen.before)
    soon = sorted(seen.pending - seen.before - seen.after)
    quick = [one for one in alerting if one.duration_s + one.interval_s < windows.after_s]
    evidence = (
        Evidence("alerts", 'ALERTS{alertstate="firing"}', _all(seen.after), "those of before"),
        Evidence("alerts", "firing before", _all(seen.before), "does not matter"),
    )
    if began:
        return conclude("", [Finding(f"{_shown(one)} began to fire") for one in began], evidence)
    if soon:
        text = f"pending, and may yet fire: {named(map(_shown, soon))}"
        return unmeasured(text, evidence)
    if not quick:
        shortest = min((one.duration_s for one in alerting), default=math.nan)
        why = f"the shortest of {len(alerting)} has for: {shortest:g} s" if alerting else "no rules"
        return unmeasured(f"no alert could have begun: {why}, {said(windows)}", evidence)
    slow = len(alerting) - len(quick)
    more = f" ({slow} need longer to fire)" if slow else ""
    text = f"no alert began of {len(alerting)}{more}, {said(windows)}"
    return conclude(text, (), evidence, exercised=len(quick))


def _all(alerts_: Iterable[Labels]) -> str:
    return named(map(_shown, sorted(alerts_))) or "none"


def _shown(labels: Labels) -> str:
    of = dict(labels)
    name = of.pop("alertname", "")
    inner = ", ".join(f'{key}="{value}"' for key, value in sorted(of.items()))
    return f"{name}{{{inner}}}" if inner else name
