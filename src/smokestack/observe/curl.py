"""A question as a curl command that anyone can copy: without a secret in it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence

from smokestack.endpoints import Endpoint

HARMLESS_HEADERS = frozenset({"x-scope-orgid", "accept", "content-type", "user-agent"})
"""Headers whose values are shown. All others may be secrets."""
SECRET_LENGTH = 8
"""Environment values shorter than this match by accident (`1`, `/root`, `true`)."""


def curl_command(endpoint: Endpoint, path: str, params: Sequence[tuple[str, str]] = ()) -> str:
    """`curl -sG 'http://…' -H "…" --data-urlencode '…'`, secrets as `$NAME` or `***`."""
    words = [
        "curl -sG" if params else "curl -s",
        shlex.quote(without_userinfo(endpoint.url) + path),
    ]
    words += [f'-H "{name}: {_shown(name, value)}"' for name, value in endpoint.headers.items()]
    words += [f"--data-urlencode {shlex.quote(f'{key}={value}')}" for key, value in params]
    return " ".join(words)


def without_userinfo(url: str) -> str:
    """The address with `user:password@` blanked."""
    return re.sub(r"//[^/@]*@", "//***@", url)


def _shown(name: str, value: str) -> str:
    if name.lower() in HARMLESS_HEADERS:
        return re.sub(r'(["\\$`])', r"\\\1", value)
    scheme, _, secret = value.rpartition(" ")
    variable = _variable_with(secret)
    return f"{scheme} {variable}".strip() if variable else "***"


def _variable_with(secret: str) -> str | None:
    if len(secret) < SECRET_LENGTH:
        return None
    return next((f"${name}" for name in sorted(os.environ) if os.environ[name] == secret), None)
