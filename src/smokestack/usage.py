"""What servers use: CPU, memory, open files and disk of one at a moment, and over a while.

Nobody can read everything everywhere: a figure that could not be had is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise


@dataclass(frozen=True)
class Usage:
    """What a server, with all its processes, uses at a moment.

    `at` is in seconds since the epoch; `life` tells one start of the server from the next.
    `cpu_s` are CPU seconds since that start, and `held_s` the seconds for which its quota held it
    back. `memory` is in bytes, `disk` the bytes that its own data folders hold.
    """

    at: float
    life: str = ""
    cpu_s: float | None = None
    held_s: float | None = None
    memory: float | None = None
    open_files: float | None = None
    disk: float | None = None


@dataclass(frozen=True)
class Used:
    """What a server was seen to use over a while, in the order of time."""

    samples: tuple[Usage, ...] = ()
    source: str = ""
    """Who told: this machine, the container engine, the server itself."""

    def within(self, start: float, end: float) -> Used:
        """What was seen from one moment to another."""
        return replace(self, samples=tuple(one for one in self.samples if start <= one.at <= end))

    def around(self, start: float, end: float) -> Used:
        """What was seen from one moment to another, with the sample before and the one after."""
        before = [one.at for one in self.samples if one.at <= start]
        after = [one.at for one in self.samples if one.at >= end]
        return self.within(max(before, default=start), min(after, default=end))

    def followed(self, start: float, end: float) -> Used:
        """What was seen `around` a while; all that was seen where CPU time could not be followed
        there: a server that is restarted again and again, since that drives an alert.
        """
        around = self.around(start, end)
        return self if around.cores is None else around

    def values(self, figure: str) -> list[float]:
        """Every value of a figure that could be had."""
        found = [getattr(one, figure) for one in self.samples]
        return [value for value in found if value is not None]

    def peak(self, figure: str) -> float | None:
        """The largest value of a figure; None where there is none."""
        return max(self.values(figure), default=None)

    def growth(self, figure: str) -> float | None:
        """By how much a figure grew from the first sample to the last; None without two."""
        found = self.values(figure)
        return found[-1] - found[0] if len(found) > 1 else None

    @property
    def seconds(self) -> float:
        """How long CPU time was followed: a restart in between is left out."""
        return sum(later.at - earlier.at for earlier, later in self._lived())

    @property
    def cores(self) -> float | None:
        """The cores that it used, on average; None where that was not followed."""
        if not self.seconds:
            return None
        spent = sum(_cpu(later) - _cpu(earlier) for earlier, later in self._lived())
        return spent / self.seconds

    @property
    def held(self) -> float:
        """The share of the time for which its quota held it back, as far as that is told."""
        if not self.seconds:
            return 0.0
        pairs = self._lived()
        held = sum(max(0.0, (b.held_s or 0.0) - (a.held_s or 0.0)) for a, b in pairs)
        return held / self.seconds

    def _lived(self) -> list[tuple[Usage, Usage]]:
        """Neighbouring samples of one and the same start, both with CPU time."""
        known = [one for one in self.samples if one.cpu_s is not None]
        return [
            (earlier, later)
            for earlier, later in pairwise(known)
            if earlier.life == later.life and _cpu(earlier) <= _cpu(later)
        ]


def _cpu(one: Usage) -> float:
    return one.cpu_s or 0.0


@dataclass(frozen=True)
class Counted:
    """What servers themselves had counted: figure -> value, all read by `at`. `unread` is
    server -> why it could not be asked.
    """

    at: float
    figures: Mapping[str, float]
    unread: Mapping[str, str]

    def since(self, earlier: Counted, figure: str) -> float | None:
        """By how much a figure grew; None where it was not read twice, or fell: a restart."""
        before, after = earlier.figures.get(figure), self.figures.get(figure)
        if before is None or after is None or after < before:
            return None
        return after - before


def gathered(moments: Iterable[Mapping[str, Usage]], source: str) -> dict[str, Used]:
    """What was seen at several moments, by server."""
    found: dict[str, list[Usage]] = {}
    for moment in moments:
        for server, usage in moment.items():
            found.setdefault(server, []).append(usage)
    return {server: Used(tuple(samples), source) for server, samples in found.items()}


def lacking(used: Used | None) -> set[str]:
    """The figures that could not be had of a server even once."""
    figures = {one.name for one in fields(Usage)} - {"at", "life"}
    return {one for one in figures if used is None or not used.values(one)}


def completed(first: Used | None, second: Used) -> Used:
    """One source, and from another those figures that the first one has not got at all."""
    if first is None or not first.samples:
        return second
    missing = lacking(first) - lacking(second)
    if not missing:
        return first
    added: Sequence[Usage] = [
        Usage(one.at, one.life, **{name: getattr(one, name) for name in missing})
        for one in second.samples
    ]
    merged = sorted((*first.samples, *added), key=lambda one: one.at)
    return Used(tuple(merged), f"{first.source}; {second.source}")
