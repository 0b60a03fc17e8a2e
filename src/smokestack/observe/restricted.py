"""The transport to a server that somebody else runs: it reads only, and it asks for little.

Whatever a check does, its question passes here. What is not on the list of `read_only.py` is
refused before a byte is sent, and so is one that looks back too far or asks for too many rows. No
redirect is followed. Requests go out at the rate that was agreed on, those that are sent again
included; a longer answer than agreed on is broken off.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from smokestack.endpoints import Limits
from smokestack.errors import BadResponse, NotPermitted
from smokestack.observe.read_only import permitted
from smokestack.observe.timestamps import seconds
from smokestack.wait import pause

ATTEMPTS = 3
"""So often a question is sent that a server puts off with 429 (RFC 6585) or 503."""

LONGEST_NOT_RETURNED_S = 10.0
"""A server that asks for more patience than this is not asked again."""

NOT_RETURNED = "smokestack.not_returned"
"""The extension of a request with who is told the status of each reply that is not returned."""

OF_THE_BODY = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that say how a body was sent: it is unpacked here."""

TIMES = ("start", "end", "since", "from", "to")
ROWS = ("limit", "limits", "maxLines", "max_series")
LOOKS_BACK = re.compile(r"\[\s*([0-9a-zA-Z]+)")
"""The range of a selector, or of a subquery, in PromQL and LogQL."""
TEXT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`')
"""What stands between quotes in them: a bracket there is no range."""


class Throttle:
    """Lets so many requests a second pass, evenly; one for all servers of a stack."""

    def __init__(self, rate: float) -> None:
        self._interval_s = 1.0 / rate
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def wait(self) -> None:
        """Return when the next request may go."""
        with self._lock:
            at = max(self._next, time.monotonic())
            self._next = at + self._interval_s
        pause(at - time.monotonic())


class Restricted(httpx.BaseTransport):
    """A transport that lets only questions through. `role` is the server's name, `base` the path
    of its address.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        role: str,
        base: str,
        limits: Limits,
        throttle: Throttle,
    ) -> None:
        self._inner = inner
        self._role = role
        self._base = base.rstrip("/")
        self._limits = limits
        self._throttle = throttle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it, again where the server is too busy and says for how long.

        Raises:
            NotPermitted: it would not only read, or asks for too much. Nothing was sent.
            BadResponse: the answer is too long, or leads elsewhere.
        """
        self._require_reading(request)
        self._require_little(request)
        body = request.read()
        for attempt in range(1, ATTEMPTS + 1):
            self._throttle.wait()
            reply = self._inner.handle_request(_again(request, body))
            put_off = _put_off_s(reply)
            if put_off is None or attempt == ATTEMPTS:
                break
            reply.close()
            _tell(request, reply.status_code)
            pause(put_off)
        try:
            return self._whole(self._staying(reply, request))
        except BadResponse:
            _tell(request, reply.status_code)
            raise

    def close(self) -> None:
        """Drop every connection."""
        self._inner.close()

    def _require_reading(self, request: httpx.Request) -> None:
        path = request.url.path
        below = path.removeprefix(self._base)
        if not path.startswith(self._base) or not permitted(self._role, request.method, below):
            raise NotPermitted(
                f"{self._role}: {request.method} {path} is not on the list of what may be asked "
                "of a stack that somebody else runs; nothing was sent",
                hint="a check that writes is for stacks that smokestack starts: docs/staging.md",
            )

    def _require_little(self, request: httpx.Request) -> None:
        asked = _parameters(request)
        self._within("looks back over", _range_s(asked), self._limits.range_s, "s")
        rows = max((int(asked[key]) for key in ROWS if asked.get(key, "").isdigit()), default=0)
        self._within("asks for", float(rows), float(self._limits.rows), "rows")

    def _within(self, what: str, asked: float, allowed: float, unit: str) -> None:
        if asked > allowed * 1.01:  # two clocks are read between a question and its check
            raise NotPermitted(
                f"{self._role}: a question {what} {asked:.0f} {unit}, and {allowed:.0f} are "
                "allowed; nothing was sent",
                hint="raise `limits` in the stack file, if those who run the stack agree",
            )

    def _staying(self, reply: httpx.Response, request: httpx.Request) -> httpx.Response:
        if not reply.is_redirect:
            return reply
        reply.close()
        target = request.url.join(reply.headers.get("location", ""))
        there = "elsewhere" if target.host != request.url.host else "to another path"
        raise BadResponse(
            f"{self._role} answers {request.url.path} with status {reply.status_code}, which "
            f"leads {there} ({target.copy_with(query=None, userinfo=b'')}); it was not followed",
            hint="a login page, or a wrong address: write the address that answers itself",
        )

    def _whole(self, reply: httpx.Response) -> httpx.Response:
        """The answer read to its end, unpacked, no further than agreed on."""
        body = bytearray()
        with contextlib.closing(reply):
            for chunk in reply.iter_bytes():
                body += chunk
                if len(body) > self._limits.body:
                    raise BadResponse(
                        f"{self._role} answers with more than {self._limits.body} bytes; the rest "
                        "was not read",
                        hint="ask for less, or raise `limits.body` in the stack file",
                    )
        headers = [one for one in reply.headers.multi_items() if one[0] not in OF_THE_BODY]
        return httpx.Response(
            reply.status_code, headers=headers, content=bytes(body), extensions=reply.extensions
        )


def _again(request: httpx.Request, body: bytes) -> httpx.Request:
    return httpx.Request(
        request.method, request.url, headers=request.headers, content=body,
        extensions=request.extensions,
    )  # fmt: skip


def _tell(request: httpx.Request, status: int) -> None:
    told: Callable[[int], None] | None = request.extensions.get(NOT_RETURNED)
    if told:
        told(status)


def _put_off_s(reply: httpx.Response) -> float | None:
    """For how long a server asks to be left alone; None where it does not, or for too long."""
    if reply.status_code not in (429, 503) or "retry-after" not in reply.headers:
        return None
    try:
        asked = _retry_after_s(reply)
    except ValueError:
        return None
    return asked if 0 <= asked <= LONGEST_NOT_RETURNED_S else None


def _retry_after_s(reply: httpx.Response) -> float:
    """Seconds, or until a date (RFC 9110, section 10.2.3): by the server's own clock, if it tells
    it. Raises ValueError.
    """
    said = reply.headers["retry-after"]
    if said.strip().isdigit():
        return float(said)
    until = parsedate_to_datetime(said).timestamp()
    now = reply.headers.get("date")
    return max(0.0, until - (parsedate_to_datetime(now).timestamp() if now else time.time()))


def _parameters(request: httpx.Request) -> dict[str, str]:
    asked = dict(request.url.params)
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        asked |= dict(httpx.QueryParams(request.read().decode()))
    return asked


def _range_s(asked: dict[str, str]) -> float:
    """How far a question looks back, in seconds: the span of its times, or of its ranges."""
    at = [_epoch_s(asked[key]) for key in TIMES if key in asked]
    span = max(at) - min(at) if len(at) > 1 else 0.0
    query = TEXT.sub("", asked.get("query", ""))
    ranges = [_duration_s(found) for found in LOOKS_BACK.findall(query)]
    return span + max(ranges, default=0.0)


def _duration_s(text: str) -> float:
    try:
        return seconds(text)
    except ValueError:  # a word in a string, or a regular expression
        return 0.0


def _epoch_s(value: Any) -> float:
    """A time as these servers take it: seconds, milli-, micro- or nanoseconds since the epoch."""
    try:
        at = float(value)
    except ValueError:
        return time.time()  # `now`, or a date that no client of ours sends
    while at > 1e11:
        at /= 1000.0
    return at
