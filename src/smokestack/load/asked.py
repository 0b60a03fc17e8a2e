"""A load as it is asked for: so many requests a second, for so long."""

from __future__ import annotations

import math
from dataclasses import dataclass

FEWEST_USERS = 20
MOST_USERS = 400
WAITING_S = 0.25
"""Seconds that an answer may take before an open workload has no user free: at the asked rate, so
many users are busy at once. Within bounds: each is a connection."""

LATER = 1.1
"""Beyond this share of its duration a load has reached less than 95% of its rate in any case."""
DRAIN_S = 1.0


@dataclass(frozen=True)
class Wish:
    """What the user wants sent: loads by name (none: those of every run), and what is other than
    `system.yaml` says of them. Rate is in requests a second.
    """

    names: tuple[str, ...] = ()
    rate: float | None = None
    requests: int | None = None
    duration_s: float | None = None


DECLARED = Wish()
"""Nothing of one's own: what system.yaml says."""


@dataclass(frozen=True)
class AskedLoad:
    """One load. Its requests come for `duration_s` at `rate`, its highest; `requests` cuts it off
    after so many.
    """

    scenario: str
    rate: float
    duration_s: float
    requests: int | None = None
    error_ratio: float | None = None

    @property
    def users(self) -> int:
        """How many users it takes to keep the rate while answers take their time."""
        return min(MOST_USERS, max(FEWEST_USERS, math.ceil(self.rate * WAITING_S)))

    @property
    def max_seconds(self) -> float:
        """When nothing more is sent, however much is left: a rate that cannot be reached must not
        take forever.
        """
        return LATER * self.duration_s + DRAIN_S
