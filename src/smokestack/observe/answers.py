"""Answers that several checks share, so that somebody else's server is asked once for them."""

from __future__ import annotations

import time
from collections.abc import Mapping

import httpx

from smokestack.endpoints import Endpoint
from smokestack.observe.read_only import standing

SHARED_S = 10.0
"""So long after it came an answer counts for who asks the same."""

Asked = Mapping[str, object] | None
Key = tuple[str, tuple[tuple[str, str], ...]]


class Answers:
    """What servers said of themselves a moment ago. Nothing is kept of a stack of our own, nor what
    was no success, nor what is data: each check sees that as it is then.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, tuple[float, httpx.Response]] = {}

    def of(self, server: Endpoint, method: str, path: str, params: Asked) -> httpx.Response | None:
        """The answer to the same question, if it is known."""
        kept = self._kept.get(_key(server, path, params)) if method == "GET" else None
        return kept[1] if kept and time.monotonic() - kept[0] < SHARED_S else None

    def keep(self, server: Endpoint, path: str, params: Asked, reply: httpx.Response) -> None:
        """Keep an answer, if it may be shared."""
        asked_by_get = reply.request.method == "GET"
        if server.limits and asked_by_get and reply.is_success and standing(server.name, path):
            self._kept[_key(server, path, params)] = (time.monotonic(), reply)


def _key(server: Endpoint, path: str, params: Asked) -> Key:
    asked = ((name, str(value)) for name, value in (params or {}).items())
    return server.url + path, tuple(sorted(asked))
