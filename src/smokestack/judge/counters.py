"""Raw counters between two scrapes, without `increase()`, which extrapolates."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from smokestack.samples import Ledger, Series

SAME_SCRAPE_S = 0.0015
"""Timestamps of one scrape are equal to the millisecond; half a millisecond is rounding."""


ALIGNED_S = 0.002
"""Prometheus moves a scrape's timestamp by up to 2 ms to keep intervals even
(ScrapeTimestampTolerance in its scrape package)."""


@dataclass(frozen=True)
class ScrapeWindow:
    """The scrapes of one target around a load: the last before it, the first after it."""

    job: str
    instance: str
    opened_at: float | None
    closed_at: float | None
    failed: int
    scrapes: int


@dataclass(frozen=True)
class Deltas:
    """Counter differences per labels. `broken` says why they cannot be believed."""

    by_labels: Mapping[tuple[str, frozenset[tuple[str, str]]], float]
    broken: tuple[str, ...]


def scrape_windows(samples: Iterable[Series], ledger: Ledger) -> list[ScrapeWindow]:
    """Opening and closing scrape of each target that `samples` (of `up` and its like) show.

    The opening scrape must be over before the first request, the closing one begin after the
    last response.
    """
    ups: dict[tuple[str, str], dict[float, float]] = defaultdict(dict)
    took: dict[tuple[str, str], dict[float, float]] = defaultdict(dict)
    for sample in samples:
        key = (sample.labels.get("job", ""), sample.labels.get("instance", ""))
        if sample.name == "up":
            ups[key][sample.at] = sample.value
        elif sample.name == "scrape_duration_seconds":
            took[key][sample.at] = sample.value
    windows = []
    for (job, instance), seen in sorted(ups.items()):
        good = sorted(at for at, up in seen.items() if up == 1)
        ends = {at: at + took[job, instance].get(at, 0.0) for at in good}
        opened = [at for at in good if ends[at] + ALIGNED_S <= ledger.first_at]
        closed = [at for at in good if at - ALIGNED_S > ledger.last_at]
        windows.append(
            ScrapeWindow(
                job,
                instance,
                opened[-1] if opened else None,
                closed[0] if closed else None,
                failed=sum(up != 1 for up in seen.values()),
                scrapes=len(seen),
            )
        )
    return windows


def deltas(
    samples: Iterable[Series], windows: Iterable[ScrapeWindow], names: Collection[str]
) -> Deltas:
    """Differences of the counters `names` between their target's opening and closing scrape."""
    by_target = {(window.job, window.instance): window for window in windows}
    series: dict[tuple[str, frozenset[tuple[str, str]]], list[Series]] = defaultdict(list)
    for sample in samples:
        if sample.name not in names:
            continue
        series[sample.name, frozenset(sample.labels.items())].append(sample)
    found, broken = {}, []
    for key, points in series.items():
        labels = dict(key[1])
        window = by_target.get((labels.get("job", ""), labels.get("instance", "")))
        if window is None or window.opened_at is None or window.closed_at is None:
            continue
        start, end = window.opened_at - SAME_SCRAPE_S, window.closed_at + SAME_SCRAPE_S
        inside = [p.value for p in sorted(points, key=lambda p: p.at) if start <= p.at <= end]
        at_open = _value_at(points, window.opened_at)
        at_close = _value_at(points, window.closed_at)
        if any(later < earlier for earlier, later in itertools.pairwise(inside)):
            broken.append(f"{key[0]} of {window.instance} was reset between two scrapes")
        elif at_close is None and inside:
            broken.append(f"{key[0]} of {window.instance} vanished before the closing scrape")
        elif at_close is not None:
            found[key] = at_close - (at_open or 0.0)
    return Deltas(found, tuple(sorted(set(broken))))


def restarted(samples: Iterable[Series]) -> list[str]:
    """Instances whose process start time changed: their counters say nothing."""
    starts: dict[str, set[float]] = defaultdict(set)
    for sample in samples:
        if sample.name == "process_start_time_seconds":
            starts[sample.labels.get("instance", "")].add(sample.value)
    return sorted(instance for instance, times in starts.items() if len(times) > 1)


def _value_at(points: Iterable[Series], at: float) -> float | None:
    return next((p.value for p in points if abs(p.at - at) <= SAME_SCRAPE_S), None)
