"""How a system's application is asked for what every scenario asks: by the plain REST routes, or in
a way of its own.

A dialect is a client's knowledge, as a frontend has it: it is read neither from the application nor
from what must be true of it. One that is wrong is answered 404, and no check agrees.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

from smokestack.errors import UsageError
from smokestack.load.schedule import Planned

Dialect = Callable[[Planned], Planned]

PREFIX = "/api/trpc/"
PROCEDURES = {
    ("GET", "/api/v1/health"): "health.ping",
    ("GET", "/api/v1/ping"): "health.ping",
    ("GET", "/api/v1/check"): "health.check",
    ("GET", "/api/v1/ready"): "health.ready",
    ("GET", "/api/v1/alive"): "health.alive",
    ("GET", "/api/v1/dbStats"): "health.dbStats",
    ("GET", "/api/v1/orders"): "orders.list",
    ("POST", "/api/v1/orders"): "orders.create",
    ("GET", "/api/v1/orders/{order_id}"): "orders.byId",
    ("POST", "/api/v1/test/error"): "test.error",
    ("GET", "/api/v1/test/slow"): "test.slow",
}


def plain(planned: Planned) -> Planned:
    """As the scenario says it."""
    return planned


def trpc(planned: Planned) -> Planned:
    """As a procedure of tRPC, which answers 200 where REST says 201.

    Raises UsageError for what no procedure does.
    """
    name = PROCEDURES.get((planned.method, planned.route))
    if name is None:
        raise UsageError(f"no procedure does what {planned.method} {planned.route} does")
    given = _input(planned)
    query = f"?input={quote(json.dumps(given))}" if given else ""
    expected = 200 if planned.expected == 201 else planned.expected
    return replace(planned, route=PREFIX + name, path=PREFIX + name + query, expected=expected)


def _input(planned: Planned) -> dict[str, float]:
    """What stands in the address of a GET: its query, and the id of an order."""
    address = urlsplit(planned.path)
    given = {name: json.loads(value) for name, value in parse_qsl(address.query)}
    if planned.route.endswith("{order_id}"):
        given["id"] = int(address.path.rpartition("/")[2])
    return given


DIALECTS: dict[str, Dialect] = {"intelliflow": trpc}


def dialect(system: str | None) -> Dialect:
    """How a system is asked; the plain way where it has none of its own."""
    return DIALECTS.get(system or "", plain)
