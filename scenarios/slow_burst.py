"""40 requests per second, of which in the second second every other one takes 1.5 seconds. 160
requests in all, 20 of them slow.

Spends the error budget of an SLO on latency, as error_burst does with one on availability.
"""

from __future__ import annotations

from marked import MarkedUser
from slow import ROUTE

from smokestack.load.schedule import Mix, Plan, Planned

PING = Planned("GET", "/api/v1/ping", "/api/v1/ping")
SLOW = Planned("GET", ROUTE, f"{ROUTE}?ms=1500")


def mix() -> Mix:
    """A second of pings, one with slow requests between, and two of pings."""
    return Mix([*[PING] * 40, *[PING, SLOW] * 20, *[PING] * 80])


class SlowBurst(MarkedUser):
    """Enough users that those who wait keep nobody from sending."""

    plan = Plan(mix, total=160, rate=40.0, users=40)
