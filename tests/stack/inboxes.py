"""Where Alertmanager's messages to people arrive in tests: as Slack, PagerDuty and a mail server
answer, on this machine.
"""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from smokestack.stack.ports import LOOPBACK, Ports

SLACK = "/services/T0/B0/slack-secret"
"""The path of a Slack webhook is its secret."""
PAGERDUTY = "/v2/enqueue"
HOOK = "/hook/webhook-secret"
ANSWERS = {
    SLACK: (200, "text/plain", b"ok"),
    PAGERDUTY: (202, "application/json", b'{"status":"success","message":"Event processed"}'),
    HOOK: (200, "application/json", b"{}"),
}
"""What each answers to what it takes: Alertmanager reads Slack's body, and PagerDuty's status."""


@dataclass(frozen=True)
class Mail:
    """One mail: who may have it by the envelope, and what it says."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass
class Inboxes:
    """What arrived, and the logins that were given for mail."""

    web_port: int = 0
    mail_port: int = 0
    posted: list[tuple[str, Any]] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    logins: set[tuple[str, str]] = field(default_factory=set)

    @property
    def web(self) -> str:
        """The address of Slack, PagerDuty and the webhook."""
        return f"http://{LOOPBACK}:{self.web_port}"

    def at(self, path: str) -> list[Any]:
        """What was posted to one of them."""
        return [body for where, body in self.posted if where == path]

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail of who logged in: aiosmtpd calls it by this name."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        content = envelope.original_content or b""
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.mails.append(Mail(str(envelope.mail_from), tuple(envelope.rcpt_tos), message))
        return "250 OK"

    def login(self, _: SMTP, __: Session, ___: Envelope, ____: str, given: Any) -> AuthResult:
        """Let everybody in who gives a name and a password, and remember both."""
        assert isinstance(given, LoginPassword)
        self.logins.add((given.login.decode(), given.password.decode()))
        return AuthResult(success=True)


@contextmanager
def inboxes() -> Iterator[Inboxes]:
    """All of them, listening."""
    found, ports = Inboxes(), Ports()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, kind, content = ANSWERS.get(self.path, (404, "text/plain", b"no such inbox"))
            found.posted.append((self.path, json.loads(body)))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
            pass

    web = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    found.web_port, found.mail_port = web.server_address[1], ports.take()
    # Not LOGIN: Alertmanager knows another form of its prompts than aiosmtpd has.
    mail = Controller(
        found,
        hostname=LOOPBACK,
        port=found.mail_port,
        authenticator=found.login,
        auth_require_tls=False,
        auth_exclude_mechanism=["LOGIN"],
    )
    threading.Thread(target=web.serve_forever, daemon=True).start()
    mail.start()
    try:
        yield found
    finally:
        mail.stop()
        web.shutdown()
        web.server_close()
        ports.release()
