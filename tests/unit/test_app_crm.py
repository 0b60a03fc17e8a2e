"""NEXO CRM's part of the sample application: what it does, and that it is counted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from smokestack.wait import until
from tests.unit.app_processes import START_S, Service, free_port, service
from tests.unit.test_app_personality import value

PASSWORD = "correct horse battery staple"  # noqa: S105 - the sample's
KEY = "the sample application guards nothing"
DECLINED = "4000000000000002"
FOREVER = 4102444800


def token(exp: int = FOREVER, key: str = KEY) -> str:
    """A JSON Web Token as RFC 7519 has it, signed by HS256."""

    def text(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    parts: list[dict[str, object]] = [{"alg": "HS256", "typ": "JWT"}, {"sub": "me", "exp": exp}]
    signed = ".".join(text(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{text(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


@dataclass(frozen=True)
class Crm:
    """The three services, and a client of the gateway."""

    gateway: Service
    auth: Service
    crm: Service
    client: httpx.Client

    def login(self, account: str, password: str = PASSWORD) -> httpx.Response:
        """Log in."""
        return self.client.post(
            "/api/v1/auth/login", json={"account": account, "password": password}
        )


@pytest.fixture(scope="module")
def nexo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """All of it, started once."""
    folder = tmp_path_factory.mktemp("nexo")
    with ExitStack() as stack:

        def start(role: str, **env: str) -> Service:
            one = stack.enter_context(service(role, folder, APP_SYSTEM="nexo-crm", **env))
            assert until(one.ready, within_s=START_S).met, (folder / role / "output").read_text()
            return one

        auth, crm = start("auth"), start("backend")
        gateway = start("gateway", APP_BACKEND_URL=crm.url, APP_AUTH_URL=auth.url)
        client = stack.enter_context(httpx.Client(base_url=gateway.url, trust_env=False))
        yield Crm(gateway, auth, crm, client)


def test_a_login_gives_a_token_that_opens_a_session(nexo: Crm) -> None:
    """Through the gateway, which passes the token on."""
    given = nexo.login("user-1@nexo.example")
    assert given.status_code == 200
    bearer = {"Authorization": f"Bearer {given.json()['token']}"}
    session = nexo.client.get("/api/v1/auth/session", headers=bearer)
    assert session.json() == {"account": "user-1@nexo.example"}
    assert nexo.client.get("/api/v1/auth/session").status_code == 401
    assert value(nexo.auth, "auth_jwt_issued_total") == 1
    assert value(nexo.auth, "auth_login_success_total") == 1
    assert value(nexo.auth, "auth_token_validations_total", result="valid") == 1
    assert value(nexo.auth, "auth_token_validations_total", result="malformed") == 1


def test_a_token_is_taken_only_as_it_was_given(nexo: Crm) -> None:
    """One that another key signed, that is over, or that is none, is not; each has its reason."""
    given = {
        "valid": token(),
        "signature": token(key="other"),
        "expired": token(1),
        "malformed": "none",
    }
    name = "auth_token_validations_total"
    for result, bearer in given.items():
        before = value(nexo.auth, name, result=result) or 0
        headers = {"Authorization": f"Bearer {bearer}"}
        answer = nexo.client.get("/api/v1/auth/session", headers=headers)
        assert answer.status_code == (200 if result == "valid" else 401)
        assert value(nexo.auth, name, result=result) == before + 1


def test_guessing_locks_an_account(nexo: Crm) -> None:
    """What comes then is no failed login, and not even the right password helps."""
    tries = [nexo.login("user-2@nexo.example", "guess").status_code for _ in range(7)]
    assert tries == [401] * 5 + [423] * 2
    assert nexo.login("user-2@nexo.example").status_code == 423
    assert nexo.login("nobody@nexo.example").status_code == 401
    assert nexo.login("locked@nexo.example").status_code == 423
    failures = "auth_login_failures_total"
    assert value(nexo.auth, failures, reason="wrong_password") == 5
    assert value(nexo.auth, failures, reason="unknown_account") == 1
    assert value(nexo.auth, "auth_locked_attempts_total") == 4


def test_entities_are_kept_and_cached(nexo: Crm) -> None:
    """Made, read twice (the cache has it then), changed, deleted."""
    deals = "/api/v1/crm/deals"
    made = nexo.client.post(deals, json={"name": "big"}).json()
    one = f"{deals}/{made['id']}"
    assert [nexo.client.get(one).json() for _ in range(2)] == [made, made]
    assert nexo.client.put(one, json={"name": "bigger"}).json()["name"] == "bigger"
    assert nexo.client.get(one).json()["name"] == "bigger"
    assert nexo.client.delete(one).status_code == 204
    assert nexo.client.get(one).status_code == 404
    assert len(nexo.client.get(deals).json()) == 20
    done = {"create": 1, "read": 4, "update": 1, "delete": 1, "list": 1}
    name = "crm_entity_operations_total"
    assert {o: value(nexo.crm, name, entity="deals", operation=o) for o in done} == done
    assert value(nexo.crm, "cache_requests_total") == 4
    assert value(nexo.crm, "cache_hits_total") == 1


def test_payments_and_uploads_fail_with_a_reason(nexo: Crm) -> None:
    """402, 413 and 415; each is counted, and a failed payment is an error in the log."""
    cards = ("4242424242424242", DECLINED)
    paid = [nexo.client.post("/api/v1/payments", json={"card": c, "cents": 1}) for c in cards]
    assert [answer.status_code for answer in paid] == [201, 402]
    assert value(nexo.crm, "payment_failures_total", reason="declined") == 1
    assert [one["event"] for one in nexo.crm.lines("error.log")] == ["payment_failed"]
    files = (("text/csv", 9), ("text/html", 9), ("text/csv", 65537))
    sent = [
        nexo.client.post("/api/v1/uploads", content=b"x" * size, headers={"content-type": kind})
        for kind, size in files
    ]
    assert [answer.status_code for answer in sent] == [201, 415, 413]
    for reason in ("unsupported_type", "too_large"):
        assert value(nexo.gateway, "file_upload_failures_total", reason=reason) == 1


def test_quota_is_spent(nexo: Crm) -> None:
    """More than there can be is refused, whoever asks and whenever."""
    spent = [nexo.client.post(f"/api/v1/quota?cost={cost}") for cost in (1, 101)]
    assert [answer.status_code for answer in spent] == [200, 429]
    assert value(nexo.gateway, "gateway_rate_limit_decisions_total", decision="limited") == 1


def handshake(to: Service, of: str) -> tuple[str, socket.socket]:
    """Ask for a WebSocket, and give the answer's head."""
    host, port = to.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=5)
    connection.sendall(
        f"GET /api/v1/ws?token={of} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: c21va2VzdGFjay1zbW9rZQ==\r\n\r\n".encode()
    )
    return connection.recv(4096).decode().lower(), connection


def test_who_has_a_token_may_stay_connected(nexo: Crm) -> None:
    """Real handshakes: 101 with a token, 401 without; an open one shows, and its end too."""
    refused, gone = handshake(nexo.gateway, "no")
    gone.close()
    assert refused.startswith("http/1.1 401")
    assert "\r\nconnection: close\r\n" in refused
    taken, connection = handshake(nexo.gateway, token())
    assert taken.startswith("http/1.1 101")

    def open_ones() -> float | None:
        return value(nexo.gateway, "websocket_connections_active")

    assert until(open_ones, lambda seen: seen == 1, within_s=5.0).met
    connection.close()
    assert until(open_ones, lambda seen: seen == 0, within_s=5.0).met
    failures = "websocket_connection_failures_total"
    assert value(nexo.gateway, failures, reason="malformed") == 1


def test_upstreams_are_timed_apart(nexo: Crm) -> None:
    """By their names, those of the orders too."""
    name = "gateway_upstream_duration_seconds_count"
    before = value(nexo.gateway, name, upstream="crm-service") or 0
    assert nexo.client.get("/api/v1/orders/1").status_code == 200
    assert nexo.login("user-3@nexo.example").status_code == 200
    assert value(nexo.gateway, name, upstream="crm-service") == before + 1
    assert (value(nexo.gateway, name, upstream="auth-service") or 0) >= 1


def test_without_rabbitmq_no_messages_wait(tmp_path: Path) -> None:
    """It runs all the same; who wants messages is told why not, and the plan is as before."""
    away = f"amqp://app@127.0.0.1:{free_port()}/%2F"
    settings = {"APP_SYSTEM": "nexo-crm", "APP_FAULTS": "on", "APP_RABBITMQ": away}
    with (
        service("backend", tmp_path, **settings) as crm,
        httpx.Client(base_url=crm.url, trust_env=False) as client,
    ):
        assert until(crm.ready, within_s=START_S).met
        refused = client.patch("/-/faults", json={"amounts": {"rabbitmq_messages": 3}})
        assert refused.status_code == 503
        assert "RabbitMQ" in refused.text
        assert "refused" in refused.text
        assert client.get("/-/faults").json()["amounts"] == {}
        taken_back = client.patch("/-/faults", json={"amounts": {"rabbitmq_messages": None}})
        assert taken_back.status_code == 200
        assert client.get("/api/v1/crm/deals").status_code == 200
