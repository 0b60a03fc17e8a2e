"""A day of a CRM: logins, entities, payments, uploads, WebSockets, and what goes wrong with them.

What fails here fails with 4xx: nothing is wrong with a server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan, Planned

PASSWORD = "correct horse battery staple"  # noqa: S105 - of the sample application
KEY = b"the sample application guards nothing"
DECLINED, CARD = "4000000000000002", "4242424242424242"
JSON = {"Content-Type": "application/json"}
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c21va2VzdGFjay1zbW9rZQ==",
}


def post(route: str, expected: int, **body: object) -> Planned:
    """A POST of JSON."""
    path = f"/api/v1/{route}"
    return Planned("POST", path, path, expected, JSON, json.dumps(body).encode())


def login(account: str, expected: int, password: str = PASSWORD) -> Planned:
    """One who logs in, or tries to."""
    return post("auth/login", expected, account=account, password=password)


def upload(content_type: str, size: int, expected: int) -> Planned:
    """A file that is sent."""
    path = "/api/v1/uploads"
    return Planned("POST", path, path, expected, {"Content-Type": content_type}, b"x" * size)


def payment(card: str, expected: int) -> Planned:
    """Somebody who pays."""
    return post("payments", expected, card=card, cents=1999)


def entity(method: str, kind: str, number: int, expected: int = 200) -> Planned:
    """What is done with one entity."""
    body = json.dumps({"name": f"changed-{number}"}).encode() if method == "PUT" else None
    route, path = "/api/v1/crm/{kind}/{number}", f"/api/v1/crm/{kind}/{number}"
    return Planned(method, route, path, expected, JSON if body else {}, body)


def entities(method: str, kind: str, expected: int = 200) -> Planned:
    """What is done with all, or a new one."""
    body = json.dumps({"name": f"one of {kind}"}).encode() if method == "POST" else None
    route, path = "/api/v1/crm/{kind}", f"/api/v1/crm/{kind}"
    return Planned(method, route, path, expected, JSON if body else {}, body)


def token(lasts_until: int = 4102444800) -> str:
    """What the authentication service would give: HS256 with the sample's key."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "user-0@nexo.example", "exp": lasts_until}]
    signed = ".".join(_text(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_text(hmac.new(KEY, signed.encode(), hashlib.sha256).digest())}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def session(of: str, expected: int) -> Planned:
    """One who shows a token."""
    path = "/api/v1/auth/session"
    return Planned("GET", path, path, expected, {"Authorization": f"Bearer {of}"})


def handshake(of: str) -> Planned:
    """A WebSocket's handshake that is refused: its token is not good."""
    return Planned("GET", "/api/v1/ws", f"/api/v1/ws?token={of}", 401, HANDSHAKE)


def quota(cost: int, expected: int) -> Planned:
    """Some of a tenant's quota."""
    return Planned("POST", "/api/v1/quota", f"/api/v1/quota?cost={cost}", expected)


def users_activity() -> list[Planned]:
    """Every operation on entities; those that are read come again, so that a cache can hit."""
    return [
        request
        for kind in ("contacts", "accounts", "deals")
        for request in (
            entities("GET", kind),
            entity("GET", kind, 1),
            entity("GET", kind, 1),
            entities("POST", kind, 201),
            entity("PUT", kind, 2),
            entity("DELETE", kind, 1_000_000, 204),
            entity("GET", kind, 3),
            entity("GET", kind, 3),
        )
    ]


def mix() -> Mix:
    """Everything in turn."""
    return Mix(
        [
            login("user-1@nexo.example", 200),
            session(token(), 200),
            login("nobody@nexo.example", 401),
            login("locked@nexo.example", 423, "guessed"),
            session("not-a-token", 401),
            *users_activity(),
            payment(CARD, 201),
            payment(DECLINED, 402),
            upload("text/csv", 100, 201),
            upload("application/x-msdownload", 100, 415),
            upload("text/csv", 70_000, 413),
            handshake("not-a-token"),
            quota(1, 200),
            quota(1000, 429),
        ]
    )


class Crm(MarkedUser):
    """Sends each of its requests four times."""

    plan = Plan(mix, total=148, rate=60.0, users=10)
