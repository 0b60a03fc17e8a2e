"""Everyday traffic at a modest pace for long: 20 requests per second, 600 in all, for 30 seconds.

Shows what grows when it should not: memory, series, queues. For an hour: SMOKESTACK_TOTAL=72000
and SMOKESTACK_MAX_SECONDS=3700.
"""

from __future__ import annotations

from everyday import mix
from marked import MarkedUser

from smokestack.load.schedule import Plan


class Soak(MarkedUser):
    """Keeps on."""

    plan = Plan(mix, total=600, rate=20.0, users=10)
