"""Everyday traffic with a spike: 20 requests per second, 200 for half a second, and 20 again. 170
requests in all.

Shows whether anything is lost when queues fill at once, and how soon all is as before.
SMOKESTACK_RATE is another rate of the spike; what is around it grows with it.
"""

from __future__ import annotations

from everyday import mix
from marked import MarkedUser

from smokestack.load.schedule import Plan, Shape, Stage

SHAPE = Shape((Stage(1.5, 20.0, 20.0), Stage(0.5, 200.0, 200.0), Stage(2.0, 20.0, 20.0)))


class Spike(MarkedUser):
    """Ten times as much, from one request to the next."""

    plan = Plan(mix, total=None, rate=None, users=40, shape=SHAPE)
