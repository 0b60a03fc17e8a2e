"""The one HTTP edge: every question to a server goes through here.

A connection that fails or an answer that does not come in time becomes `Unreachable`; an answer
that cannot be read as what was asked becomes `BadResponse`. Both make a check `unmeasured`.
Every call is counted in the `CallLog`. One `Edge` may be used from several threads.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from smokestack.endpoints import Endpoint
from smokestack.errors import (
    BadResponse,
    NotOffered,
    NotPermitted,
    NotTrusted,
    Refused,
    Unreachable,
)
from smokestack.observe import clusters, connection, passed_on, replies
from smokestack.observe.answers import Answers
from smokestack.observe.calls import CallLog
from smokestack.observe.curl import blanked, curl_command, without_userinfo
from smokestack.observe.restricted import NOT_RETURNED, Throttle

__all__ = ["CallLog", "Edge", "Params"]

T = TypeVar("T")
Params = Mapping[str, str | int | float | Sequence[str]]

BODY_SHOWN = 200
"""Characters of an unexpected answer that an error quotes."""
BROKE_OFF = "without sending complete"
"""What httpx says of a body that ends too early."""


class Edge:
    """One server, its keep-alive connections and what must be sent along with each question."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        calls: CallLog,
        timeout_s: float = 5.0,
        transport: httpx.BaseTransport | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.calls = calls
        self.timeout_s = timeout_s
        self._answers = Answers()
        self._client = connection.client(
            endpoint, timeout_s=timeout_s, throttle=throttle, transport=transport
        )

    @property
    def server(self) -> str:
        """The server's name as the report shows it."""
        return self.endpoint.name

    @property
    def queries(self) -> int:
        """How many calls this server was sent so far, by all edges on the same `CallLog`."""
        return self.calls.queries(self.server)

    def at_most(self, rows: int) -> int:
        """So many rows, or as many as may be asked for: a server of somebody else's is spared."""
        limits = self.endpoint.limits
        return min(rows, limits.rows) if limits else rows

    def below(self, path: str, name: str) -> Edge:
        """The same connections, for what answers below a path, such as a server behind a proxy.

        `name` is how the report shows it; this edge closes both.
        """
        other = copy.copy(self)
        other.endpoint = replace(self.endpoint, name=name, url=self.endpoint.url + path)
        return other

    def close(self) -> None:
        """Drop the connections: some servers do not stop while one is open."""
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        shown: str | None = None,
        **rest: Any,
    ) -> httpx.Response:
        """Send one request, whatever its status; `shown` replaces a path with an id in the log.

        Raises:
            Unreachable: no connection, or no answer within `timeout_s`.
            NotTrusted: one side does not take the other's certificate.
            NotPermitted: somebody else runs the server, and it would not only read.
            BadResponse: Grafana did not pass it on, where it is asked through Grafana.
        """
        if known := self._answers.of(self.endpoint, method, path, params):
            return known
        reply = self._asked(method, path, params, shown, rest)
        if self.endpoint.source:
            passed_on.require(reply, self.endpoint, path)
        self._answers.keep(self.endpoint, path, params, reply)
        return reply

    def _asked(
        self, method: str, path: str, params: Params | None, shown: str | None, rest: dict[str, Any]
    ) -> httpx.Response:
        started = time.monotonic()

        def log(status: int | None) -> None:
            spent = time.monotonic() - started
            self.calls.add(self.server, method, shown or path, status, spent)

        url, told = self.endpoint.url + path, {NOT_RETURNED: log}
        try:
            reply = self._client.request(method, url, params=_sent(params), extensions=told, **rest)
        except (NotPermitted, BadResponse):  # nothing was sent, or its status was told
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log(None)
            raise self._unreachable(method, path, params, error, started) from error
        except BaseException:
            log(None)
            raise
        log(reply.status_code)
        return reply

    def _unreachable(
        self, method: str, path: str, params: Params | None, error: Exception, started: float
    ) -> Unreachable:
        spent = time.monotonic() - started
        what = _what_failed(error)
        address = without_userinfo(self.endpoint.url) + path
        text = f"{self.server}: {method} {address}: {what} after {spent:.1f} s"
        if hint := connection.hint_on(error):
            return NotTrusted(text, hint=hint, server=self.server)
        hint = f"ask it yourself: {self.repeat(path, params)}"
        return Unreachable(text, hint=hint, server=self.server)

    def get_text(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        shown: str | None = None,
    ) -> str:
        """The body of a GET as text.

        Raises:
            Unreachable: no connection, or no answer in time.
            BadResponse: a status other than 2xx, or a page for people.
        """
        reply = self.send("GET", path, params, headers=headers, shown=shown)
        if replies.is_page(self.checked(reply, path)):
            raise self._not("text for programs", path, reply)
        return reply.text

    def get_json(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        shown: str | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """The body of a GET as JSON, within `timeout_s` where that is not this edge's own.

        Raises as `get_text`, and BadResponse for anything else.
        """
        rest = {"headers": headers, "timeout": timeout_s or self.timeout_s}
        reply = self.send("GET", path, params, shown=shown, **rest)
        return self.json_of(reply, path)

    def post_json(self, path: str, payload: object) -> Any:
        """Send `payload` as JSON and read JSON back, None for no body. Raises as `get_json`."""
        reply = self.checked(self.send("POST", path, json=payload), path)
        return self.json_of(reply, path) if reply.content else None

    def post_form(self, path: str, form: Params) -> Any:
        """A question too long for an address, as a form. Raises as `get_json`."""
        return self.json_of(self.send("POST", path, data=_sent(form)), path)

    def read(self, path: str, params: Params | None, decode: Callable[[Any], T], **rest: Any) -> T:
        """`get_json`, then `decode`; an answer of another shape is a BadResponse too."""
        return self.decoded(path, self.get_json(path, params, **rest), decode)

    def decoded(self, path: str, answer: Any, decode: Callable[[Any], T]) -> T:
        """Apply `decode`. Raises BadResponse where the answer lacks what it looks for."""
        try:
            return decode(answer)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            if lacks := clusters.lacking(self, path):
                raise NotOffered(lacks) from error
            raise BadResponse(
                f"{self.server} answered {path} in a shape not understood "
                f"({type(error).__name__}: {error}): {str(answer)[:BODY_SHOWN]}"
            ) from error

    def checked(self, reply: httpx.Response, path: str) -> httpx.Response:
        """The reply itself. Raises BadResponse, quoting the body, where the status is not 2xx:
        Refused where it says that the question is wrong; NoAccess where it says that we may not.
        """
        if reply.is_success:
            return reply
        text = (
            f"{self.server} answered {reply.request.method} {path} with status "
            f"{reply.status_code}: {self._start_of(reply)}"
        )
        if replies.refuses(reply):
            raise Refused(text, blanked(replies.reason(reply), self.endpoint))
        if reply.status_code == 404 and (lacks := clusters.lacking(self, path)):
            raise NotOffered(lacks)
        raise replies.failure(reply, text, self.server)

    def json_of(self, reply: httpx.Response, path: str) -> Any:
        """The reply's JSON. Raises BadResponse for another status than 2xx, or another format."""
        try:
            return self.checked(reply, path).json()
        except ValueError as error:
            raise self._not("JSON", path, reply) from error

    def _not(self, expected: str, path: str, reply: httpx.Response) -> BadResponse:
        return BadResponse(
            f"{self.server} answered {path} with status {reply.status_code} and something that is "
            f"not {expected}: {self._start_of(reply)}",
            hint=replies.not_json(reply),
        )

    def _start_of(self, reply: httpx.Response) -> str:
        text = blanked(reply.text, self.endpoint)
        return repr(text[:BODY_SHOWN]) if text else "an empty body"

    def answers(self, path: str) -> bool:
        """Whether a GET gets a 2xx: how servers say 'ready'. Raises Unreachable."""
        return self.send("GET", path).is_success

    def clock_offset(self, path: str) -> float | None:
        """Seconds that the server's Date header is ahead of our clock, true to one second.

        None where the server sends no such header. Raises Unreachable, and BadResponse for an
        answer of another: whoever refuses in a server's place has a clock of his own.
        """
        before = time.time()
        header = self.checked(self.send("GET", path), path).headers.get("date")
        if header is None:
            return None
        middle = (before + time.time()) / 2
        # The header is cut to whole seconds: half a second is the best guess at the rest.
        return parsedate_to_datetime(header).timestamp() + 0.5 - middle

    def repeat(self, path: str, params: Params | None = None) -> str:
        """A shell command that asks the same again, without a secret in it."""
        return curl_command(self.endpoint, path, _pairs(params))

    def repeat_json(self, path: str, payload: object) -> str:
        """A shell command that posts the same JSON again, without a secret in it."""
        return curl_command(self.endpoint, path, body=json.dumps(payload))


def _what_failed(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer"
    said = str(error) or type(error).__name__
    return f"the answer broke off ({said})" if BROKE_OFF in said else f"no connection ({said})"


def _sent(params: Params | None) -> dict[str, str | list[str]] | None:
    if params is None:
        return None
    return {key: _text(value) for key, value in params.items()}


def _text(value: str | float | Sequence[str]) -> str | list[str]:
    if isinstance(value, str | int | float):
        return str(value)
    return list(value)


def _pairs(params: Params | None) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in (_sent(params) or {}).items():
        pairs += [(key, one) for one in ([value] if isinstance(value, str) else value)]
    return pairs
