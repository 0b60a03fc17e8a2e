"""Users who work with entities, until they are told to be silent.

Drives NoUserActivity.
"""

from __future__ import annotations

from crm import users_activity
from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan


def mix() -> Mix:
    """Every operation in turn."""
    return Mix(users_activity())


class UserActivity(MarkedUser):
    """Lists, reads, makes, changes and deletes."""

    plan = Plan(mix, total=None, rate=10.0, users=5)
