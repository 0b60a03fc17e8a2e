"""100 requests per second with as many errors as the control file says, until it says `stop`.

Drives HighErrorRate: first held below its threshold, then above it, then without errors. By hand,
without a control file, it bursts at once, until SMOKESTACK_MAX_SECONDS are over.
"""

from __future__ import annotations

import os

from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan, Planned

PING = Planned("GET", "/api/v1/ping", "/api/v1/ping")
ERROR = Planned("POST", "/api/v1/test/error", "/api/v1/test/error", expected=500)


def mix() -> Mix:
    """Pings, and errors in the share that the control file gives; none before it does."""
    by_hand = "SMOKESTACK_CONTROL" not in os.environ
    return Mix([PING], error=ERROR, error_ratio=0.06 if by_hand else 0.0)


class ErrorBurst(MarkedUser):
    """Fails on purpose, in an exact ratio."""

    plan = Plan(mix, total=None, rate=100.0, users=20)
