"""The mix of everyday traffic, which several scenarios send: every route in turn, 3% errors."""

from __future__ import annotations

import json

from smokestack.load.schedule import Mix, Planned

PLAIN = [
    Planned("GET", f"/api/v1/{name}", f"/api/v1/{name}")
    for name in ("ping", "check", "ready", "alive", "dbStats", "health")
]
LIST = Planned("GET", "/api/v1/orders", "/api/v1/orders?limit=5")
ERROR = Planned("POST", "/api/v1/test/error", "/api/v1/test/error", expected=500)


def create(n: int) -> Planned:
    """An order of the n-th item."""
    body = json.dumps(
        {"customer": f"customer-{n % 7}", "item": f"item-{n}", "quantity": 1}
    ).encode()
    headers = {"Content-Type": "application/json"}
    return Planned("POST", "/api/v1/orders", "/api/v1/orders", 201, headers, body)


def read(n: int) -> Planned:
    """The n-th order."""
    return Planned("GET", "/api/v1/orders/{order_id}", f"/api/v1/orders/{n}")


def mix() -> Mix:
    """Nine routes in turn, orders 1 to 25 in turn, and errors evenly between."""
    usual = [request for n in range(1, 26) for request in (*PLAIN, LIST, read(n), create(n))]
    return Mix(usual, error=ERROR, error_ratio=0.03)
