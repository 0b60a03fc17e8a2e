"""A question as a curl command that anyone can copy: without a secret in it."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from smokestack.endpoints import Endpoint, Tls

HARMLESS_HEADERS = frozenset({"x-scope-orgid", "accept", "content-type", "user-agent"})
"""Headers whose values are shown. All others may be secrets."""
SECRET_LENGTH = 8
"""Environment values shorter than this match by accident (`1`, `/root`, `true`)."""


def curl_command(
    endpoint: Endpoint, path: str, params: Sequence[tuple[str, str]] = (), body: str | None = None
) -> str:
    """`curl -sG 'http://…' -H "…" --data-urlencode '…'`, secrets as `$NAME` or `***`.

    A `body`, which is JSON, is posted. A user and a password are shown as curl takes them:
    `-u "admin:$NAME"`.
    """
    words = [
        "curl -sG" if params else "curl -s",
        shlex.quote(without_userinfo(endpoint.url) + path),
    ]
    words += [f"{flag} {shlex.quote(str(file))}" for flag, file in _files(endpoint.tls) if file]
    words += [_sent_along(name, value) for name, value in endpoint.headers.items()]
    words += [f"--data-urlencode {shlex.quote(f'{key}={value}')}" for key, value in params]
    if body is not None:
        words.append(f"-H 'Content-Type: application/json' -d {shlex.quote(body)}")
    return " ".join(words)


def _files(tls: Tls) -> tuple[tuple[str, Path | None], ...]:
    return ("--cacert", tls.ca), ("--cert", tls.certificate), ("--key", tls.key)


def without_userinfo(url: str) -> str:
    """The address with `user:password@` blanked."""
    return re.sub(r"//[^/@]*@", "//***@", url)


def blanked(text: str, endpoint: Endpoint) -> str:
    """A server's words without the secrets that were sent to it, should it echo them."""
    for name, value in endpoint.headers.items():
        if name.lower() in HARMLESS_HEADERS:
            continue
        for secret in (value, value.rpartition(" ")[2]):
            if len(secret) >= SECRET_LENGTH:
                text = text.replace(secret, "***")
    return text


def _sent_along(name: str, value: str) -> str:
    scheme, _, told = value.partition(" ")
    if name.lower() == "authorization" and scheme == "Basic":
        with contextlib.suppress(ValueError):  # not what RFC 7617 says: a secret as any other
            user, _, password = base64.b64decode(told).decode().partition(":")
            return f'-u "{_quoted(user)}:{_variable_with(password) or "***"}"'
    return f'-H "{name}: {_shown(name, value)}"'


def _shown(name: str, value: str) -> str:
    if name.lower() in HARMLESS_HEADERS:
        return _quoted(value)
    scheme, _, secret = value.rpartition(" ")
    variable = _variable_with(secret)
    return f"{scheme} {variable}".strip() if variable else "***"


def _quoted(value: str) -> str:
    """As it stands between double quotes in a shell."""
    return re.sub(r'(["\\$`])', r"\\\1", value)


def _variable_with(secret: str) -> str | None:
    if len(secret) < SECRET_LENGTH:
        return None
    return next((f"${name}" for name in sorted(os.environ) if os.environ[name] == secret), None)
