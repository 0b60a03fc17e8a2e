"""Everyday traffic that grows: from 10 to 100 requests per second within 4 seconds, then a second
at that rate. 320 requests in all.

Shows up to which rate an SLO holds. SMOKESTACK_RATE is another highest rate, over the same time.
"""

from __future__ import annotations

from everyday import mix
from marked import MarkedUser

from smokestack.load.schedule import Plan, Shape, Stage

SHAPE = Shape((Stage(4.0, 10.0, 100.0), Stage(1.0, 100.0, 100.0)))


class Ramp(MarkedUser):
    """Grows evenly."""

    plan = Plan(mix, total=None, rate=None, users=20, shape=SHAPE)
