"""The smoke test: 25 health requests, and 25 through both services, as fast as five users can."""

from __future__ import annotations

from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan, Planned

HEALTH = Planned("GET", "/api/v1/health", "/api/v1/health")
ORDERS = [Planned("GET", "/api/v1/orders/{order_id}", f"/api/v1/orders/{n}") for n in range(1, 26)]


def mix() -> Mix:
    """Health and orders in turn."""
    return Mix([request for order in ORDERS for request in (HEALTH, order)])


class Smoke(MarkedUser):
    """Checks that every request arrives everywhere."""

    plan = Plan(mix, total=50, rate=None, users=5)
