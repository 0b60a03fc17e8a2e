"""What an answer says that is not the one that was asked for: who gave it, and what to do.

A gateway answers in a server's place, mostly with a page for people. That page says nothing of
what was asked: neither that a question is wrong nor that something is not there.
"""

from __future__ import annotations

import httpx

from smokestack.errors import BadResponse, NoAccess
from smokestack.observe.clusters import tenant_hint

QUESTION_IS_WRONG = (400, 422)
"""Statuses for a query that cannot be parsed, or not be carried out as it stands."""
NO_ACCESS = (401, 403, 407)
NO_SUCH_PATH = "404 page not found"
"""What Go's routers answer (`net/http`, `NotFound`): of the path, not of what it should lead to."""

HINTS = {
    401: "it does not know us: is the token or password right, and the variable that has it set?",
    403: "it knows us and does not let us: ask for the right to read",
    404: "is the path in its `url` right? A gateway often has a prefix for each server; or its "
    "version does not have this API yet",
    407: "a proxy on the way asks who we are",
    429: "it is asked too much: lower `limits.rate` in the stack file, or try again later",
    502: "a gateway answers in its place: the server itself cannot be reached from there",
    503: "it is there but cannot answer now",
    504: "a gateway answers in its place: the server itself did not answer in time",
}
"""Status -> what to do, where the status alone tells."""

GATEWAY_SAYS = {
    "No required SSL certificate was sent": "it asks for a client certificate: "
    "`tls: {certificate: …, key: …}`",
    "The SSL certificate error": "it does not take the client certificate: has it expired, or is "
    "it of another authority?",
    "The plain HTTP request was sent to HTTPS port": "it speaks TLS there: https:// instead of "
    "http://",
}
"""What nginx says with status 400 (`ngx_http_special_response.c`) where others end the TLS
handshake -> what to do.
"""


def is_page(reply: httpx.Response) -> bool:
    """Whether it is written for people."""
    return "html" in reply.headers.get("content-type", "") or reply.text.lstrip()[:1] == "<"


def refuses(reply: httpx.Response) -> bool:
    """Whether the server itself says that the question is wrong."""
    return reply.status_code in QUESTION_IS_WRONG and not is_page(reply)


def says_absent(reply: httpx.Response) -> bool:
    """Whether the server itself says that what was asked for is not there."""
    path_unknown = reply.text.lstrip().startswith(NO_SUCH_PATH)
    return reply.status_code == 404 and not is_page(reply) and not path_unknown


def failure(reply: httpx.Response, text: str, server: str) -> BadResponse:
    """The error of a reply without success; `text` says where it came from."""
    said = next((hint for words, hint in GATEWAY_SAYS.items() if words in reply.text), None)
    kind = NoAccess if said or reply.status_code in NO_ACCESS else BadResponse
    hint = said or tenant_hint(reply) or HINTS.get(reply.status_code) or not_json(reply)
    return kind(text, hint=hint, server=server, status=reply.status_code)


PAGE = "a page for people: something before the server answers, such as a login"


def not_json(reply: httpx.Response) -> str | None:
    """Why an answer is not JSON, if that can be told."""
    return PAGE if is_page(reply) else None


def reason(reply: httpx.Response) -> str:
    """Why a server refuses a question: Prometheus and Alertmanager say it in JSON, Loki and Tempo
    as text.
    """
    try:
        told = reply.json()
        if isinstance(told, str):
            return told
        return str(told.get("error") or told.get("message") or told)
    except (ValueError, AttributeError):
        return reply.text.strip()
