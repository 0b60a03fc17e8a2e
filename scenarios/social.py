"""Social Selling's everyday traffic: posts to every platform, messages both ways, 50 a second.

Every fiftieth request is a post that its platform refuses: it is longer than 280 characters.
"""

from __future__ import annotations

import json

from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan, Planned

JSON = {"Content-Type": "application/json"}
PLATFORMS = ("facebook", "instagram", "linkedin", "twitter")
LIST = Planned("GET", "/api/v1/posts", "/api/v1/posts?limit=5")


def sent(route: str, expected: int, **body: str) -> Planned:
    """A request with a JSON body."""
    content = json.dumps(body).encode()
    return Planned("POST", f"/api/v1/{route}", f"/api/v1/{route}", expected, JSON, content)


def post(platform: str, text: str = "Hello", expected: int = 201) -> Planned:
    """A post, that is published unless the platform refuses it."""
    return sent("posts", expected, platform=platform, text=text)


def mix() -> Mix:
    """For each platform: two posts, a message that is sent, one that comes in, and a look."""
    usual = [
        request
        for platform in PLATFORMS
        for request in (
            post(platform),
            sent("messages", 201, platform=platform, person="ada", text="How are you?"),
            post(platform),
            sent("webhooks", 202, platform=platform, person="ada", text="Fine."),
            LIST,
        )
    ]
    return Mix(usual, error=post("twitter", "long " * 60, expected=422), error_ratio=0.02)


class Social(MarkedUser):
    """Keeps a steady pace."""

    plan = Plan(mix, total=125, rate=50.0, users=10)
