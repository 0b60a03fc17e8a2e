"""The passwords that compose.yaml demands.

Who starts the stack by hand chooses them. A run takes them from the environment, or makes up its
own: for that run alone, and told to nobody but the server.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping

from smokestack.endpoints import basic_auth

DEMANDED = (
    "GRAFANA_ADMIN_PASSWORD",
    "POSTGRES_PASSWORD",
    "POSTGRES_EXPORTER_PASSWORD",
    "REDIS_PASSWORD",
    "RABBITMQ_PASSWORD",
    "BUGSINK_SECRET_KEY",
)
ACCOUNT = "BUGSINK_SUPERUSER"
"""An account, as `email:password`."""

BYTES = 32
"""Random bytes of each: 64 hexadecimal digits, which need no quoting in any address; Django asks
for 50 characters."""


def passwords() -> dict[str, str]:
    """A value for each variable that compose.yaml demands."""
    made = {name: os.environ.get(name) or secrets.token_hex(BYTES) for name in DEMANDED}
    account = os.environ.get(ACCOUNT) or f"admin@example.org:{secrets.token_hex(BYTES)}"
    return {**made, ACCOUNT: account}


def grafana_admin(environment: Mapping[str, str]) -> dict[str, str]:
    """The headers by which Grafana takes us for its admin; none where the password is not known.

    Grafana's own defaults, for a variable that is absent, are `admin` and `admin`.
    """
    password = environment.get("GF_SECURITY_ADMIN_PASSWORD", "admin")
    if password.startswith("$__file{"):
        return {}
    return basic_auth(environment.get("GF_SECURITY_ADMIN_USER", "admin"), password)
