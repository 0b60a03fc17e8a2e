"""resources.bytes-per-request, resources.projected-disk: what is stored, how much it will be.

A run lasts seconds and what it asks about lasts weeks, so the second is an estimate: it is said
how it was made, and given as from-to. A bound that lies within is not decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from smokestack.judge.conclude import conclude, skipped, unmeasured
from smokestack.results import Evidence, Finding, Judgement, Measurement
from smokestack.system.resources import Disk, PerRequest
from smokestack.usage import Counted, Used

KIB, MIB = 1024.0, 1024.0**2
DAY_S = 86400.0
HEAD_S = 3 * 3600.0
"""How much Prometheus keeps uncompacted at most: one and a half blocks of two hours, in its
write-ahead log as well (its documentation, "Storage")."""
PER_SAMPLE = (1.0, 2.0)
"""Bytes of a sample in a block: "an average of only 1-2 bytes" (its documentation, "Storage")."""
PACKED = (0.05, 1.0)
"""What is left of lines and spans on disk: a twentieth where they compress well, all where not."""

LEAST_REQUESTS = 20
LEAST_SAMPLES = 500
"""Fewer tell nothing of what one takes. In a short run the labels of new series, which are written
once, weigh more: what the log takes is then too much rather than too little."""


@dataclass(frozen=True)
class Stored:
    """What the servers counted before and after so many requests, the first of them at `first_at`.
    `signals` are those that the system has.
    """

    counted: Sequence[Counted]
    requests: int
    first_at: float
    signals: Collection[str]

    def unread(self, servers: Collection[str] | None = None) -> str | None:
        """Why it cannot be told, where that is so."""
        if len(self.counted) < 2:
            return "the servers' counters were not read before and after the traffic"
        if self.counted[0].at > self.first_at:
            return "the servers' counters were read only after the traffic had begun"
        failed = {**self.counted[0].unread, **self.counted[-1].unread}
        why = [text for name, text in failed.items() if servers is None or name in servers]
        return why[0] if why else None

    def grown(self, figure: str) -> float | None:
        """By how much a figure grew; None where it was not read, or fell."""
        return self.counted[-1].since(self.counted[0], figure)

    def per_request(self, signal: str) -> float | None:
        """Bytes of a signal that a request added; None where nothing was counted."""
        grown = self.grown(signal)
        return grown / self.requests if grown and self.requests >= LEAST_REQUESTS else None


def bytes_per_request(budgets: PerRequest, stored: Stored) -> Judgement:
    """No request adds more of a signal than its budget."""
    allowed: dict[str, float | None] = {n: getattr(budgets, n) for n in sorted(stored.signals)}
    if not any(allowed.values()):
        return skipped("this system has no budget for the bytes of a request")
    if stored.requests < LEAST_REQUESTS:
        return unmeasured(f"{stored.requests} requests are too few to tell what one adds")
    if why := stored.unread():
        return unmeasured(why)
    added = {name: stored.per_request(name) for name in allowed}
    evidence = [_added(name, added[name], allowed[name]) for name in allowed]
    if unseen := [name for name, value in added.items() if value is None and allowed[name]]:
        return unmeasured(f"no bytes of {unseen[0]} were counted, or a server restarted", evidence)
    seen = {name: value for name, value in added.items() if value is not None}
    findings = [
        Finding(f"a request adds {_size(value)} of {name}, {_size(most)} allowed", name)
        for name, value in seen.items()
        if (most := allowed[name]) is not None and value > most
    ]
    said = ", ".join(f"{_size(value)} of {name}" for name, value in seen.items())
    measurements = [
        Measurement(f"resources.bytes-per-request.{name}", round(value, 1), "B", allowed[name])
        for name, value in seen.items()
    ]
    return conclude(f"a request adds {said}", findings, evidence, measurements=measurements)


def _added(signal: str, value: float | None, most: float | None) -> Evidence:
    return Evidence(
        "bytes",
        f"{signal}: what its servers were sent from before the traffic until all had arrived",
        "nothing" if value is None else f"{_size(value)} a request",
        "any" if most is None else f"at most {_size(most)}",
    )


@dataclass(frozen=True)
class Kept:
    """What Prometheus keeps: `samples_per_s` are those that it takes a second with its intervals as
    shipped, `time_s` is for how long they must be kept, `size` the bytes at which it deletes.
    """

    samples_per_s: float
    time_s: float | None
    size: float | None


@dataclass(frozen=True)
class Estimate:
    """Bytes, from-to, and how they were worked out."""

    low: float
    high: float
    how: str

    def __str__(self) -> str:
        return f"{_size(self.low)} to {_size(self.high)}"


@dataclass(frozen=True)
class Asked:
    """What is estimated, and how much it may be."""

    what: str
    size: Estimate
    most: float

    @property
    def measured(self) -> Measurement:
        """The high end, with both."""
        name = f"resources.projected-disk.{self.what.replace(' ', '-')}"
        ends = round(self.size.low), round(self.size.high)
        return Measurement(name, ends[1], "B", self.most, ends)


def projected_disk(
    disk: Disk | None, kept: Kept, stored: Stored, used: Mapping[str, Used]
) -> Judgement:
    """What must be kept fits where it is kept: metrics, for as long as promised, below the size at
    which Prometheus deletes; all signals of a day below the promised growth. How much the data
    folders of `used` grew meanwhile is told beside it: it is too little to judge by.
    """
    if why := _too_little(disk, kept, stored):
        return unmeasured(why)
    asked = list(_asked(disk, kept, stored))
    if not asked:
        return skipped("this system has no limit of what is stored")
    folders = {name: grown for name, one in used.items() if (grown := one.growth("disk"))}
    evidence = [
        *(Evidence("estimate", a.size.how, str(a.size), f"at most {_size(a.most)}") for a in asked),
        *(
            Evidence("disk", f"data of {name}", f"grew by {_size(grown)} in this run", "not judged")
            for name, grown in folders.items()
        ),
    ]
    findings = [
        Finding(f"{a.what} will take {a.size}, {_size(a.most)} allowed: {a.size.how}")
        for a in asked
        if a.size.low > a.most
    ]
    unsure = next((a for a in asked if a.size.low <= a.most < a.size.high), None)
    if unsure and not findings:
        why = f"{unsure.what} will take {unsure.size}: {_size(unsure.most)} lies within"
        return unmeasured(why, evidence)
    summary = "; ".join(f"{a.what} will take {a.size} of {_size(a.most)}" for a in asked)
    grown_of = [Measurement(f"resources.disk.{name}", v, "B") for name, v in folders.items()]
    return conclude(
        summary, findings, evidence, measurements=[*(a.measured for a in asked), *grown_of]
    )


def _too_little(disk: Disk | None, kept: Kept, stored: Stored) -> str | None:
    """Why nothing can be estimated, where that is so."""
    if why := stored.unread({"prometheus"} if disk is None else None):
        return why
    samples = stored.grown("samples") or 0.0
    if samples < LEAST_SAMPLES or kept.samples_per_s <= 0:
        return f"too little was seen: {samples:g} samples were stored"
    unseen = [name for name in stored.signals if stored.per_request(name) is None]
    if disk and disk.growth_a_day and unseen:
        return f"too little was seen: no bytes of {unseen[0]} were counted"
    return None


def _asked(disk: Disk | None, kept: Kept, stored: Stored) -> Iterator[Asked]:
    """All that there is a bound for."""
    if kept.time_s and kept.size:
        yield Asked("metrics kept", _metrics(kept, kept.time_s, stored), kept.size)
    if disk and disk.growth_a_day:
        yield Asked("a day", _day(disk, kept, stored), disk.growth_a_day)


def _metrics(kept: Kept, time_s: float, stored: Stored) -> Estimate:
    """Blocks of the whole time, and what is not compacted yet, by what the write-ahead log took."""
    logged = (stored.grown("wal") or 0.0) / (stored.grown("samples") or 1.0)
    head = kept.samples_per_s * HEAD_S * logged
    low, high = (kept.samples_per_s * time_s * each for each in PER_SAMPLE)
    how = (
        f"{kept.samples_per_s:.1f} samples/s × {time_s / DAY_S:g} d × 1 to 2 B, and up to 3 h of "
        f"the write-ahead log at {logged:.1f} B a sample"
    )
    return Estimate(low, high + head, how)


def _day(disk: Disk, kept: Kept, stored: Stored) -> Estimate:
    each = sum(stored.per_request(name) or 0.0 for name in stored.signals)
    asked = disk.requests_a_day * each
    low, high = (
        kept.samples_per_s * DAY_S * sample + asked * share
        for sample, share in zip(PER_SAMPLE, PACKED, strict=True)
    )
    how = (
        f"{kept.samples_per_s:.1f} samples/s × 1 to 2 B, and {disk.requests_a_day} requests × "
        f"{_size(each)}, of which compression leaves a twentieth to all"
    )
    return Estimate(low, high, how)


def _size(value: float) -> str:
    if value < 0:
        return f"-{_size(-value)}"
    for unit, size in (("GiB", MIB * KIB), ("MiB", MIB), ("KiB", KIB)):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} B"
