"""How a server is connected to: its certificates and ours, proxies, and what is spared it."""

from __future__ import annotations

import ssl
import urllib.request
from functools import cache

import httpx

from smokestack.endpoints import Endpoint, Tls
from smokestack.errors import UsageError
from smokestack.observe.restricted import Restricted, Throttle

KEEPALIVE_S = 4.0
"""Idle connections are dropped before uvicorn, the most impatient of our servers, does (5 s)."""
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")

CERTIFICATE_HINTS = {
    "unable to get local issuer": "its certificate is of an authority unknown here: `tls: {ca: …}`",
    "self-signed": "its certificate is of an authority unknown here: `tls: {ca: …}`",
    "Hostname mismatch": "its certificate is for another name: use that name in `url`",
    "IP address mismatch": "its certificate is for another name: use that name in `url`",
    "certificate has expired": "its certificate has expired: those who run it must renew it",
    "CERTIFICATE_REQUIRED": "it asks for a client certificate: `tls: {certificate: …, key: …}`",
    "CERTIFICATE_EXPIRED": "the client certificate has expired: have it renewed",
    "UNKNOWN_CA": "it does not know the authority of the client certificate",
    "BAD_CERTIFICATE": "it does not take the client certificate",
    "HANDSHAKE_FAILURE": "no TLS that both sides speak, or it asks for a client certificate",
    "WRONG_VERSION_NUMBER": "it does not speak TLS there: http:// instead of https://?",
}
"""What OpenSSL says -> what to do. Its words stand in its errors and in alerts (RFC 8446, 6.2)."""


def client(
    endpoint: Endpoint,
    *,
    timeout_s: float,
    throttle: Throttle | None,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """A client of one server, over `transport` where one is given.

    Raises UsageError for a certificate that cannot be read.
    """
    url = httpx.URL(endpoint.url)
    inner = transport or httpx.HTTPTransport(
        verify=_context(endpoint.tls),
        limits=httpx.Limits(keepalive_expiry=KEEPALIVE_S),
        proxy=_proxy(url),
    )
    if endpoint.limits is not None:
        inner = Restricted(
            inner,
            role=endpoint.name,
            base=url.path,
            limits=endpoint.limits,
            throttle=throttle or Throttle(endpoint.limits.rate),
        )
    # With proxies of its own, a client would go past a transport that is given to it.
    return httpx.Client(
        headers=dict(endpoint.headers), timeout=timeout_s, transport=inner, trust_env=False
    )


def hint_on(error: Exception) -> str | None:
    """What to do about a connection that failed for its certificates; None for other reasons."""
    said = str(error)
    return next((hint for words, hint in CERTIFICATE_HINTS.items() if words in said), None)


def _proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address. None must stand between us and our own
    loopback.
    """
    if url.host in LOCAL_HOSTS or urllib.request.proxy_bypass(url.host):
        return None
    return urllib.request.getproxies().get(url.scheme)


def _context(tls: Tls) -> ssl.SSLContext:
    if tls == Tls():
        return _trusted()
    try:
        context = ssl.create_default_context(cafile=tls.ca) if tls.ca else _fresh()
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(one) for one in (tls.ca, tls.certificate, tls.key) if one)
        raise UsageError(
            f"a certificate or key cannot be read ({files}): {error}",
            hint="PEM files are meant: -----BEGIN CERTIFICATE-----",
        ) from error
    return context


def _fresh() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def _trusted() -> ssl.SSLContext:
    """The trusted authorities, read once: it takes 20 ms, and a stack has a dozen edges."""
    return _fresh()
