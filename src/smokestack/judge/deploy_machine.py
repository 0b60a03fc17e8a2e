"""Whether everything became slower with a deploy, and not the application alone.

What nothing was deployed of is scraped too. If its scrapes take longer than before as well, it is
the machine, the network or Prometheus itself, and nothing can be said of the application's latency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from smokestack.deploys import Windows
from smokestack.judge.deploy import percent
from smokestack.judge.proportions import ERROR, Stratum, rise
from smokestack.samples import Series
from smokestack.system import Deploy

FINER = 4
"""A scrape is short, so a quarter of what matters of a request is much of it."""

FEWEST = 4
"""With fewer scrapes before, a target has no usual duration."""

Durations = tuple[list[float], list[float]]


def slower_too(scrapes: Iterable[Series], promised: Deploy, windows: Windows) -> str | None:
    """Why latency cannot be told, by how long scrapes of others took; None where it can."""
    targets = _by_target(scrapes, windows)
    for share in promised.latency.quantiles:
        seen = rise(list(_strata(targets, share, promised)))
        if seen and seen.p < ERROR and seen.after > 1 - share:
            return (
                f"scrapes of {len(targets)} targets that are not the application's take longer "
                f"as well ({percent(seen.after)} longer than the p{share * 100:g} of before, "
                f"{percent(seen.before)} before)"
            )
    return None


def _by_target(scrapes: Iterable[Series], windows: Windows) -> Mapping[object, Durations]:
    found: dict[object, Durations] = defaultdict(lambda: ([], []))
    for one in scrapes:
        target = one.labels.get("job", ""), one.labels.get("instance", "")
        found[target][one.at > windows.began + 0.001].append(one.value)
    return found


def _strata(
    targets: Mapping[object, Durations], share: float, promised: Deploy
) -> Iterator[Stratum]:
    for target, (before, after) in targets.items():
        if len(before) >= FEWEST and after:
            was = float(np.quantile(before, share))
            least = promised.latency.at_least / FINER
            bound = max(was * (1 + promised.latency.share), was + least)
            slow = _longer(before, bound), _longer(after, bound)
            yield Stratum(str(target), len(before), slow[0], len(after), slow[1])


def _longer(durations: Sequence[float], bound: float) -> int:
    return sum(one > bound for one in durations)
