"""Logins to accounts that do not exist, as many a second as it is told; none is locked by them.

Drives AuthenticationFailuresSpike.
"""

from __future__ import annotations

from crm import login
from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan


def mix() -> Mix:
    """The same over and over."""
    return Mix([login("nobody@nexo.example", 401)])


class LoginFailures(MarkedUser):
    """Guesses, and is wrong."""

    plan = Plan(mix, total=None, rate=2.0, users=5)
