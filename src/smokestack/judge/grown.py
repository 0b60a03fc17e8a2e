"""By how much counters grew before and after a deploy, from their values at even steps.

Raw values are subtracted, one series at a time, and nothing is extrapolated. A value that is lower
than the one before belongs to a counter that began anew at 0. One that was not there before counts
from 0 if its target was scraped then, or if its process has started since; otherwise nobody knows
what it had counted, and it counts from its first value. Between the two windows only what a new
process has counted belongs to one of them: the second.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from smokestack.deploys import Grown, Labels, Windows
from smokestack.samples import Series

STARTED = "process_start_time_seconds"
SAME_S = 0.001
"""Times are sent to the millisecond."""

Target = tuple[str, str]
Key = tuple[str, Labels]
By = Callable[[Key], Labels]


@dataclass(frozen=True)
class _Target:
    """When a target answered, of the moments that were asked for, and since when it has run."""

    up: frozenset[float]
    started: Mapping[float, float]


def grown(samples: Iterable[Series], windows: Windows, by: By) -> Grown:
    """Growth in both windows by what `by` makes of a series' name and labels. `samples` are those
    of the counters, of `up` and of the start times of processes, at the same moments.
    """
    counters, targets = _sorted(samples)
    moments = sorted({at for points in counters.values() for at in points})
    before: dict[Labels, float] = defaultdict(float)
    after: dict[Labels, float] = defaultdict(float)
    resets = 0
    for key, points in counters.items():
        for since, at, amount, anew in _steps(points, moments, targets[_target(dict(key[1]))]):
            resets += anew
            if at <= windows.began + SAME_S:
                before[by(key)] += amount
            elif since >= windows.done - SAME_S or anew:
                after[by(key)] += amount
    return Grown(dict(before), dict(after), resets)


def _sorted(
    samples: Iterable[Series],
) -> tuple[dict[Key, dict[float, float]], Mapping[Target, _Target]]:
    counters: dict[Key, dict[float, float]] = defaultdict(dict)
    up: dict[Target, set[float]] = defaultdict(set)
    started: dict[Target, dict[float, float]] = defaultdict(dict)
    for one in samples:
        at, target = round(one.at, 3), _target(one.labels)
        if one.name == "up":
            up[target] |= {at} if one.value == 1 else set()
        elif one.name == STARTED:
            started[target][at] = one.value
        else:
            counters[one.name, tuple(sorted(one.labels.items()))][at] = one.value
    known: dict[Target, _Target] = defaultdict(lambda: _Target(frozenset(), {}))
    for target in {*up, *started}:
        known[target] = _Target(frozenset(up[target]), started[target])
    return counters, known


def _target(labels: Mapping[str, str]) -> Target:
    return labels.get("job", ""), labels.get("instance", "")


def _steps(
    points: Mapping[float, float], moments: Sequence[float], target: _Target
) -> Iterator[tuple[float, float, float, bool]]:
    """(from, to, growth, whether a new process counted it) for each two moments with a value."""
    first = min(points)
    earlier = [at for at in moments if at < first]
    if earlier:
        since = earlier[-1]
        anew = target.started.get(first, 0.0) > since - SAME_S
        if anew or since in target.up:
            yield since, first, points[first], anew
    for since, at in itertools.pairwise(sorted(points)):
        lower = points[at] < points[since]
        restarted = target.started.get(at, 0.0) > target.started.get(since, at)
        anew = lower or restarted
        yield since, at, points[at] - (0.0 if anew else points[since]), anew
