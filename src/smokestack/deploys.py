"""What is seen before and after a deploy, as plain frozen values.

Times are seconds since the epoch, durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Labels = tuple[tuple[str, str], ...]
"""Labels and their values, in the order of the labels."""


@dataclass(frozen=True)
class Asked:
    """What the user said of a deploy: when it was, and which version must be there.

    `within_s` bounds the wait for that version; `window_s` is how long after the deploy is looked
    at, at least.
    """

    since: float | None = None
    version: tuple[str, str] | None = None
    within_s: float = 600.0
    window_s: float = 0.0

    @property
    def anything(self) -> bool:
        """Whether there is a deploy to be looked at."""
        return self.since is not None or self.version is not None


NO_DEPLOY = Asked()
"""Nothing was said of a deploy."""


@dataclass(frozen=True)
class Windows:
    """What is compared: from `start` to `began` the old version ran, from `done` to `end` the new.

    Between the two a rollout was under way: that belongs to neither.
    """

    start: float
    began: float
    done: float
    end: float

    @property
    def before_s(self) -> float:
        """How long the window before is."""
        return self.began - self.start

    @property
    def after_s(self) -> float:
        """How long the window after is."""
        return self.end - self.done


@dataclass(frozen=True)
class Grown:
    """By how much counters grew in both windows, by some of their labels, summed over instances.

    `resets` says how many counters began anew, as those of a new process do.
    """

    before: Mapping[Labels, float]
    after: Mapping[Labels, float]
    resets: int = 0


@dataclass(frozen=True)
class Lines:
    """Lines of the log in both windows, counted by labels such as service and level, or service
    and message.
    """

    before: Mapping[Labels, float]
    after: Mapping[Labels, float]


@dataclass(frozen=True)
class Families:
    """The series of a moment, by (job, metric): their label sets, without what belongs to a single
    process. `up`: job -> how many of its targets answered.
    """

    series: Mapping[tuple[str, str], frozenset[Labels]]
    up: Mapping[str, int]


@dataclass(frozen=True)
class Began:
    """Alerts by their labels: those that fired before, those that fired after, those that are
    pending now.
    """

    before: frozenset[Labels]
    after: frozenset[Labels]
    pending: frozenset[Labels]
