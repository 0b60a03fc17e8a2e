"""Handshakes of WebSockets without a good token, as many a second as it is told.

Drives WebSocketConnectionFailures.
"""

from __future__ import annotations

from crm import handshake
from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan


def mix() -> Mix:
    """The same over and over."""
    return Mix([handshake("not-a-token")])


class WebsocketFailures(MarkedUser):
    """Comes again and again."""

    plan = Plan(mix, total=None, rate=1.2, users=5)
