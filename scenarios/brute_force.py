"""Guesses at the password of an account that is locked, as many a second as it is told.

Drives BruteForceAttempts.
"""

from __future__ import annotations

from crm import login
from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan


def mix() -> Mix:
    """The same over and over."""
    return Mix([login("locked@nexo.example", 423, "guessed")])


class BruteForce(MarkedUser):
    """Does not give up."""

    plan = Plan(mix, total=None, rate=1.2, users=5)
