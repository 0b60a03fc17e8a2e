"""Where the servers of a stack answer."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    """One server's address and what a client must send along. `url` has no trailing slash."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may be secret


@dataclass(frozen=True)
class Endpoints:
    """All endpoints of a stack, by role: prometheus, loki, alertmanager, traces, gateway, …"""

    by_role: Mapping[str, Endpoint]

    def __getitem__(self, role: str) -> Endpoint:
        return self.by_role[role]

    def get(self, role: str) -> Endpoint | None:
        """The endpoint of a role, or None where this stack has no such server."""
        return self.by_role.get(role)


def basic_auth(user: str, password: str) -> dict[str, str]:
    """The header of HTTP basic authentication (RFC 7617)."""
    told = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {told}"}
