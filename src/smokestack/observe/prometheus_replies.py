"""What Prometheus' status, target, rule and exemplar endpoints answer, as plain values.

Every function raises LookupError, TypeError or ValueError for an answer of another shape; the
edge makes a BadResponse of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from smokestack.alerting import AlertSeen, RuleSeen
from smokestack.matchers import NAME
from smokestack.observe.timestamps import epoch, seconds
from smokestack.samples import Exemplar, ScrapeTarget, Series


def targets_of(data: Any) -> list[ScrapeTarget]:
    """The active scrape targets of /api/v1/targets."""
    return [_target(one) for one in data["activeTargets"]]


def _target(one: dict[str, Any]) -> ScrapeTarget:
    return ScrapeTarget(
        job=one["labels"]["job"],
        instance=one["labels"]["instance"],
        health=one["health"],
        last_error=one["lastError"],
        last_scrape=epoch(one["lastScrape"]),
        interval_s=seconds(one["scrapeInterval"]),
        url=one["scrapeUrl"],
    )


def target_of(up: Series) -> ScrapeTarget:
    """A scrape target as its series `up` tells of it."""
    return ScrapeTarget(
        job=up.labels.get("job", ""),
        instance=up.labels.get("instance", ""),
        health="up" if up.value == 1 else "down",
        last_error="" if up.value == 1 else "its last scrape failed",
        last_scrape=up.at,
        interval_s=math.nan,
        url=f"up{{job={up.labels.get('job', '')!r}}}",
    )


def exemplars_of(data: Any) -> list[Exemplar]:
    """The exemplars of /api/v1/query_exemplars; the trace id is empty where it has none."""
    return [
        _exemplar(series["seriesLabels"], one) for series in data for one in series["exemplars"]
    ]


def _exemplar(series: dict[str, str], one: dict[str, Any]) -> Exemplar:
    trace_id = one["labels"].get("trace_id") or one["labels"].get("traceID") or ""
    return Exemplar(
        metric=series.get(NAME, ""),
        labels={name: value for name, value in series.items() if name != NAME},
        trace_id=trace_id.lower(),
        value=float(one["value"]),
        at=float(one["timestamp"]),
    )


def rules_of(data: Any) -> list[RuleSeen]:
    """All rules of /api/v1/rules, in the order of their files and groups."""
    return [_rule(group, one) for group in data["groups"] for one in group["rules"]]


def _rule(group: dict[str, Any], one: dict[str, Any]) -> RuleSeen:
    return RuleSeen(
        name=one["name"],
        type=one["type"],
        query=one["query"],
        duration_s=float(one.get("duration", 0)),
        labels=one.get("labels") or {},
        annotations=one.get("annotations") or {},
        state=one.get("state", ""),
        health=one["health"],
        last_error=one.get("lastError", ""),
        last_evaluation=epoch(one["lastEvaluation"]),
        evaluation_time_s=float(one["evaluationTime"]),
        group=group["name"],
        interval_s=float(group["interval"]),
        file=group["file"],
    )


def alerts_of(data: Any) -> list[AlertSeen]:
    """The pending and firing alerts of /api/v1/alerts."""
    return [_alert(one) for one in data["alerts"]]


def _alert(one: dict[str, Any]) -> AlertSeen:
    return AlertSeen(
        name=one["labels"]["alertname"],
        state=one["state"],
        labels=one["labels"],
        annotations=one.get("annotations") or {},
        active_at=epoch(one["activeAt"]) if one.get("activeAt") else None,
        value=float(one["value"]),
    )


def types_of(data: Any) -> dict[str, str]:
    """Metric family to type, of /api/v1/metadata; two targets that disagree show both."""
    return dict(_types(data))


def _types(data: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, str]]:
    for name, entries in data.items():
        yield name, "|".join(sorted({entry["type"] for entry in entries}))
