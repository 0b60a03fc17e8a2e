"""What a load did to the hops that its signals pass, and to what made it: plain values.

Counts are differences over the load; times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trouble:
    """Items that a server did not pass on at once: `word` says what it did with them, `reasons`
    how often for which reason of its own. What was only `retried` is not lost by that.
    """

    server: str
    word: str
    unit: str
    count: float
    reasons: Mapping[str, float] = field(default_factory=dict)
    retried: bool = False

    def __str__(self) -> str:
        why = ", ".join(
            f"{reason} {count:.0f}" if len(self.reasons) > 1 else reason
            for reason, count in sorted(self.reasons.items(), key=lambda one: -one[1])
            if reason
        )
        return f"{self.server} {self.word} {self.count:.0f} {self.unit}{f': {why}' if why else ''}"


@dataclass(frozen=True, slots=True)
class Queue:
    """How full a queue was at its fullest, and how many seconds after the load began that was
    first seen.
    """

    server: str
    name: str
    peak: float
    capacity: float
    at_s: float

    @property
    def share(self) -> float:
        """Of its capacity; 0 where it has none."""
        return self.peak / self.capacity if self.capacity else 0.0

    def __str__(self) -> str:
        name = f" ({self.name})" if self.name else ""
        return f"{self.server}'s queue{name} {self.peak:.0f} of {self.capacity:.0f}"


@dataclass(frozen=True)
class Pressure:
    """What every hop told of a load. `unread` says of which servers the counters could not be had,
    and why; `looks` is how often the queues were looked at meanwhile.
    """

    troubles: tuple[Trouble, ...] = ()
    queues: tuple[Queue, ...] = ()
    unread: tuple[str, ...] = ()
    looks: int = 0
    servers: tuple[str, ...] = ()

    @property
    def lost(self) -> tuple[Trouble, ...]:
        """What was refused, dropped, discarded or failed, in the order of the way."""
        return tuple(one for one in self.troubles if not one.retried)


@dataclass(frozen=True, slots=True)
class Generator:
    """What the process that sent a load had to do for it. `cpu_s` is its own CPU time from the
    opening of its gate to the last answer, `open_s` how long that was; `asked` is how many
    requests it was to send, None where until it was told to stop.
    """

    asked: int | None
    sent: int
    users: int
    cpu_s: float
    open_s: float

    @property
    def core(self) -> float:
        """The share of one core that it used; it can use no more than one."""
        return self.cpu_s / self.open_s if self.open_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Effort:
    """What made a load: its generator, where that could say, and the share of the machine's cores
    that was busy meanwhile, where the generator runs.
    """

    generator: Generator | None
    machine: float
