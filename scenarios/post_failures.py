"""20 posts a second, of which as many are refused as the control file says, until it says `stop`.

Drives HighPostPublishFailureRate. By hand, without a control file, every fifth is refused, until
SMOKESTACK_MAX_SECONDS are over.
"""

from __future__ import annotations

import json
import os

from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan, Planned


def post(platform: str, expected: int) -> Planned:
    """A post to a platform; to one that nobody knows, nothing is published."""
    body = json.dumps({"platform": platform, "text": "Hello"}).encode()
    headers = {"Content-Type": "application/json"}
    return Planned("POST", "/api/v1/posts", "/api/v1/posts", expected, headers, body)


def mix() -> Mix:
    """Posts that are published, and some that are not."""
    by_hand = "SMOKESTACK_CONTROL" not in os.environ
    refused = post("nowhere", expected=422)
    return Mix([post("facebook", 201)], error=refused, error_ratio=0.2 if by_hand else 0.0)


class PostFailures(MarkedUser):
    """Is refused on purpose, in an exact ratio."""

    plan = Plan(mix, total=None, rate=20.0, users=10)
