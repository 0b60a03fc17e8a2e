"""Where the servers of a stack answer, and how they may be asked."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Tls:
    """How a server proves who it is, and a client to it: PEM files. Without `ca` the authorities
    that the machine trusts are asked.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Limits:
    """What a stack that somebody else runs is spared.

    `rate`: requests per second, to all its servers together. `range_s`: how many seconds a
    question may look back over. `rows`: how many lines, traces or series it may ask for.
    `body`: bytes of one answer.
    """

    rate: float = 10.0
    range_s: float = 6 * 3600.0
    rows: int = 5000
    body: int = 32 * 1024**2


@dataclass(frozen=True)
class Endpoint:
    """One server's address and what a client must send along. `url` has no trailing slash.

    `limits` are there where somebody else runs it: then it is read only. `source` is the data
    source of Grafana through which it is asked, empty where it is asked itself.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may be secret
    tls: Tls = Tls()
    limits: Limits | None = None
    source: str = ""


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
