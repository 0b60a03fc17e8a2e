"""Payments that the bank declines, as many a second as it is told.

Drives PaymentFailures.
"""

from __future__ import annotations

from crm import DECLINED, payment
from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan


def mix() -> Mix:
    """With the card of one who cannot pay."""
    return Mix([payment(DECLINED, 402)])


class PaymentFailures(MarkedUser):
    """Tries to pay."""

    plan = Plan(mix, total=None, rate=1.2, users=5)
