"""Requests of which no two share a value: an id that no order has, a query string, an own trace and
correlation id. What must stay few, such as the values of a label, must not become more by them.
"""

from __future__ import annotations

from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan, Planned

NUMBER = 60
BEYOND = 1_000_000
"""No order has an id so high."""


def mix() -> Mix:
    """One order each, which is not there, asked for with a number of its own."""
    return Mix(
        [
            Planned(
                "GET",
                "/api/v1/orders/{order_id}",
                f"/api/v1/orders/{BEYOND + n}?probe={BEYOND + n}",
                expected=404,
            )
            for n in range(NUMBER)
        ]
    )


class Distinct(MarkedUser):
    """Sends values that nobody has seen before."""

    plan = Plan(mix, total=NUMBER, rate=None, users=5)
