"""Reads a configuration value as the address of a listener: URL, `host:port` or `:port`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(
    r"""
    (?P<scheme> [a-z][a-z0-9+.-]*:///? )?
    (?P<user> [^\s/@]*@ )?
    (?P<host> \[[0-9a-fA-F:.]*\] | \* | [A-Za-z0-9_][A-Za-z0-9_.-]* )?
    (?: : (?P<port> [0-9]{1,5} ) )?
    (?P<rest> [/?\#]\S* )?
    """,
    re.VERBOSE,
)
_OWN_HOSTS = frozenset(
    {"", "*", "0.0.0.0", "127.0.0.1", "localhost", "[::]", "[::1]"}  # noqa: S104, read, not bound
)
_DEFAULT_PORTS = {"http://": 80, "https://": 443}


@dataclass(frozen=True)
class Address:
    """A value that is an address as a whole. `text` is the value as it stands."""

    text: str
    host: str
    port: int | None
    before: str
    after: str

    @property
    def is_own(self) -> bool:
        """Whether it means the server itself: all interfaces, or loopback."""
        return self.host in _OWN_HOSTS

    @property
    def endpoint(self) -> str:
        """Only `host:port`."""
        return f"{self.host}:{self.port}"

    def at(self, endpoint: str) -> str:
        """The same value with another `host:port`."""
        return f"{self.before}{endpoint}{self.after}"


def parse_address(text: str) -> Address | None:
    """The address that `text` is; None where it is something else, or merely mentions one.

    A URL may go without a port; anything else needs one.
    """
    match = _ADDRESS.fullmatch(text)
    if not match:
        return None
    scheme, user, host, port, rest = (match[name] or "" for name in match.groupdict())
    if not port and (not scheme or not host):
        return None
    number = int(port) if port else _DEFAULT_PORTS.get(scheme)
    return Address(text, host, number, before=scheme + user, after=rest)
