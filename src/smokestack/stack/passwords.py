"""The passwords that compose.yaml demands.

Who starts the stack by hand chooses them. A run takes them from the environment, or makes up its
own: for that run alone, and told to nobody but the server.
"""

from __future__ import annotations

import os
import secrets

DEMANDED = ("GRAFANA_ADMIN_PASSWORD",)


def passwords() -> dict[str, str]:
    """A value for each variable that compose.yaml demands."""
    return {name: os.environ.get(name) or secrets.token_urlsafe(24) for name in DEMANDED}
