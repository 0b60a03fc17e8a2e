"""Files that are not taken, as many a second as it is told.

Drives FileUploadFailures.
"""

from __future__ import annotations

from crm import upload
from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan


def mix() -> Mix:
    """Of a type that is not taken."""
    return Mix([upload("application/x-msdownload", 100, 415)])


class UploadFailures(MarkedUser):
    """Sends what nobody wants."""

    plan = Plan(mix, total=None, rate=1.2, users=5)
