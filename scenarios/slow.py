"""10 requests per second that take as long as the control file says, until it says `stop`.

Drives alerts on latency: first held below their threshold, then above it, then quick again. By
hand, without a control file, each takes a second, until SMOKESTACK_MAX_SECONDS are over.
"""

from __future__ import annotations

import os

from marked import MarkedUser

from smokestack.load.schedule import Plan, Planned, SlowMix

ROUTE = "/api/v1/test/slow"


def slow(seconds: float) -> Planned:
    """A request that is answered after so many seconds."""
    return Planned("GET", ROUTE, f"{ROUTE}?ms={1000 * seconds:.0f}")


def mix() -> SlowMix:
    """Slow requests alone; quick until the control file says otherwise."""
    return SlowMix(slow, 1.0 if "SMOKESTACK_CONTROL" not in os.environ else 0.0)


class Slow(MarkedUser):
    """Enough users that answers of 4 seconds keep its pace."""

    plan = Plan(mix, total=None, rate=10.0, users=40)
