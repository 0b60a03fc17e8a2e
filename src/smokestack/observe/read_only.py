"""What may be asked of a server that somebody else runs: a fixed list of methods and paths.

Nothing on it changes anything. Each path is one that the server's own documentation describes as
a query or a status; a POST is there only where it is a question too long for an address, or where
the API has no other way to ask (Grafana's `/api/ds/query`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ONE = r"(?!\.{1,2}(?:/|$))[^/]+"
"""One part of a path, which leads neither to itself nor up."""

_OWN = ("/metrics",)

PROMETHEUS = (
    "/-/healthy",
    "/-/ready",
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/query_exemplars",
    "/api/v1/series",
    "/api/v1/labels",
    f"/api/v1/label/{ONE}/values",
    "/api/v1/targets",
    "/api/v1/targets/metadata",
    "/api/v1/metadata",
    "/api/v1/rules",
    "/api/v1/alerts",
    "/api/v1/alertmanagers",
    "/api/v1/scrape_pools",
    f"/api/v1/status/{ONE}",
)
ALERTMANAGER = (
    "/-/healthy",
    "/-/ready",
    "/api/v2/status",
    "/api/v2/receivers",
    "/api/v2/alerts",
    "/api/v2/alerts/groups",
    "/api/v2/silences",
    f"/api/v2/silence/{ONE}",
)
LOKI = (
    "/ready",
    "/config",
    "/services",
    "/loki/api/v1/query",
    "/loki/api/v1/query_range",
    "/loki/api/v1/labels",
    f"/loki/api/v1/label/{ONE}/values",
    "/loki/api/v1/series",
    "/loki/api/v1/index/stats",
    "/loki/api/v1/index/volume",
    "/loki/api/v1/status/buildinfo",
)
TEMPO = (
    "/ready",
    "/api/echo",
    "/api/search",
    "/api/search/tags",
    f"/api/search/tag/{ONE}/values",
    "/api/v2/search/tags",
    f"/api/v2/search/tag/{ONE}/values",
    f"/api/traces/{ONE}",
    f"/api/v2/traces/{ONE}",
    "/api/metrics/query",
    "/api/metrics/query_range",
    "/api/status/buildinfo",
    "/status/config",
    "/status/version",
)
JAEGER = (
    "/api/services",
    f"/api/services/{ONE}/operations",
    "/api/operations",
    "/api/traces",
    f"/api/traces/{ONE}",
    "/api/dependencies",
)
GRAFANA = (
    "/api/health",
    "/api/search",
    "/api/datasources",
    f"/api/datasources/{ONE}",
    f"/api/datasources/uid/{ONE}",
    f"/api/datasources/uid/{ONE}/health",
    f"/api/dashboards/uid/{ONE}",
    "/api/folders",
    f"/api/folders/{ONE}",
    "/api/annotations",
    "/api/v1/provisioning/alert-rules",
    "/api/v1/provisioning/contact-points",
    "/api/prometheus/grafana/api/v1/rules",
)
QUESTIONS = {
    "prometheus": (
        "/api/v1/query", "/api/v1/query_range", "/api/v1/query_exemplars",
        "/api/v1/series", "/api/v1/labels",
    ),
    "grafana": ("/api/ds/query",),
}  # fmt: skip
"""Role -> what may be asked by POST as well: a question, sent as a form or as JSON."""

STANDING: Mapping[str, tuple[str, ...]] = {
    "prometheus": (
        "/api/v1/rules", "/api/v1/metadata", "/api/v1/status/buildinfo", "/api/v1/status/config",
        "/api/v1/status/flags", "/api/v1/status/runtimeinfo",
    ),
    "alertmanager": ("/api/v2/status",),
    "loki": ("/config", "/loki/api/v1/status/buildinfo"),
    "tempo": ("/api/status/buildinfo", "/status/config"),
    "grafana": ("/api/datasources", "/api/search"),
}  # fmt: skip
"""Role -> what a server says of itself, which several checks ask and a moment does not change."""

READS: Mapping[str, tuple[str, ...]] = {
    "prometheus": PROMETHEUS,
    "alertmanager": ALERTMANAGER,
    "loki": LOKI,
    "tempo": TEMPO,
    "jaeger": JAEGER,
    "grafana": GRAFANA,
}
"""Role -> what may be asked by GET, beside `/metrics`."""

PROXIED = ("prometheus", "loki", "tempo", "jaeger")
"""Servers that are asked through Grafana's proxy of data sources as well, by GET only."""


def permitted(role: str, method: str, path: str) -> bool:
    """Whether a path, below the server's own address, may be asked with a method.

    A role that is not listed is a service of the application, or what tells of a server's own
    metrics: nothing but `/metrics` is asked of it.
    """
    if method in ("GET", "HEAD"):
        return _among((*_OWN, *READS.get(role, ())), path) or _proxied(role, path)
    return method == "POST" and _among(QUESTIONS.get(role, ()), path)


def standing(role: str, path: str) -> bool:
    """Whether an answer, for a moment, may be that of every check that asks for it."""
    return path in STANDING.get(role, ())


def listed() -> Iterable[tuple[str, str, str]]:
    """(role, method, path) of all that may be asked; `*` is one part of a path."""
    for role, paths in READS.items():
        for path in (*_OWN, *paths):
            yield role, "GET", path.replace(ONE, "*")
        for path in QUESTIONS.get(role, ()):
            yield role, "POST", path


def _among(patterns: Iterable[str], path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in patterns)


def _proxied(role: str, path: str) -> bool:
    found = re.fullmatch(rf"/api/datasources/proxy/uid/{ONE}(/.*)", path)
    if role != "grafana" or not found:
        return False
    return any(_among(READS[behind], found[1]) for behind in PROXIED)
