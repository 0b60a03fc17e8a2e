"""How long each hop of a signal took: many events, each with its seconds, to a few figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from smokestack.judge.deadlines import MARGIN_S
from smokestack.results import Finding, HopTimes, Waterfall
from smokestack.samples import Buckets, Sighting

P95_MARGIN_S = 2.0
"""What 95% of the events may take beyond the configured wait: a stall of a busy machine that lasts
longer shows in Prometheus' scrapes too, and nothing is judged then."""

ENOUGH = 20
"""Of fewer events the 95th percentile is the largest, which has the margin of a single one."""


@dataclass(frozen=True)
class Hop:
    """One hop: the seconds that each event took, and those that it may wait by configuration.

    Without `took`, `untold` says why nothing is known. `waits_s` None: nothing is promised of it.
    """

    name: str
    told_by: str
    took: tuple[float, ...] = ()
    waits_s: float | None = None
    untold: str | None = None

    def times(self) -> HopTimes:
        """Its figures."""
        if not self.took:
            return HopTimes(self.name, self.told_by, untold=self.untold or "no event was seen")
        ordered = sorted(self.took)
        allowed = None if self.waits_s is None else self.waits_s + MARGIN_S
        p95 = None
        if self.waits_s is not None and len(ordered) >= ENOUGH:
            p95 = self.waits_s + P95_MARGIN_S
        return HopTimes(
            self.name,
            self.told_by,
            events=len(ordered),
            p50_s=round(quantile(ordered, 0.5), 4),
            p95_s=round(quantile(ordered, 0.95), 4),
            max_s=round(ordered[-1], 4),
            waits_s=self.waits_s,
            allowed_p95_s=p95,
            allowed_s=allowed,
        )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a share of them does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def late_hops(waterfall: Waterfall) -> Iterator[Finding]:
    """Hops that took longer than they may, for 95% of the events or for one of them."""
    for hop in waterfall.hops:
        if hop.p95_s is None or hop.max_s is None:
            continue
        whose = f"{waterfall.signal}: {hop.name}"
        if hop.allowed_p95_s is not None and hop.p95_s > hop.allowed_p95_s:
            text = f"took up to {hop.p95_s:.2f} s for 95% of {hop.events}"
            yield Finding(f"{whose} {text}, allowed {hop.allowed_p95_s:.2f} s", hop.name)
        elif hop.allowed_s is not None and hop.max_s > hop.allowed_s:
            text = f"took up to {hop.max_s:.2f} s"
            yield Finding(f"{whose} {text}, allowed {hop.allowed_s:.2f} s", hop.name)


def first_seen(sightings: Iterable[Sighting], events: int) -> list[float]:
    """When the first, the second, … of `events` was seen at the latest: the first look that showed
    as many. Shorter where not so many were ever seen.
    """
    found: list[float] = []
    for look in sorted(sightings, key=lambda one: one.at):
        while len(found) < min(events, int(look.seen)):
            found.append(look.at)
    return found


def visible_after(ended: Iterable[float], sightings: Iterable[Sighting]) -> tuple[float, ...]:
    """Seconds from each moment until as many events were seen.

    Which of them a count shows is not told, so they are taken in their order: the mean is that of
    the real times, but for the time between two looks, by which each comes out too long.
    """
    ordered = sorted(ended)
    seen = first_seen(sightings, len(ordered))
    return tuple(max(0.0, at - end) for end, at in zip(ordered, seen, strict=False))


def of_buckets(name: str, buckets: Buckets | None, part_of: str, unread: str) -> HopTimes:
    """A hop as a histogram tells it: its figures are the bounds below which they lie."""
    if buckets is None or not buckets.events:
        return HopTimes(name, buckets.server if buckets else "", part_of=part_of, untold=unread)
    p50, p95, most = (_bound(buckets, share) for share in (0.5, 0.95, 1.0))
    told_by = f"{buckets.server}, in buckets"
    return HopTimes(
        name, told_by, events=buckets.events, p50_s=p50, p95_s=p95, max_s=most, part_of=part_of
    )


def _bound(buckets: Buckets, share: float) -> float | None:
    """The bound of the bucket in which a quantile lies; None beyond the last finite one."""
    rank = share * buckets.events
    bound = next(bound for bound, count in buckets.bounds if count >= rank)
    return bound if math.isfinite(bound) else None
