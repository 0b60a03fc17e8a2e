"""Everyday traffic: every route in turn at 100 requests per second, 3% errors."""

from __future__ import annotations

from everyday import mix
from marked import MarkedUser

from smokestack.load.schedule import Plan


class Steady(MarkedUser):
    """Keeps a steady pace, however slow the answers."""

    plan = Plan(mix, total=200, rate=100.0, users=20)
