"""What servers that are several processes lack of the API of the one that they stand for.

Mimir speaks Prometheus' query API below `/prometheus`, and scrapes nobody: it has no scrape targets
and no configuration of its own to tell (its documentation: "Grafana Mimir HTTP API", the table of
endpoints); what it answers on `/api/v1/status/config` and `flags` is empty, "to be compatible".
Tenants are told apart by a header; without it Mimir, Loki and Tempo answer 401 with
`no org id` (`dskit/user/id.go`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from smokestack.errors import ObservationError

if TYPE_CHECKING:
    from smokestack.observe.edge import Edge

BUILD = "/api/v1/status/buildinfo"
MIMIR = "Grafana Mimir"
"""What its `buildinfo` calls the application; Prometheus' has no such key."""

_AGENTS = "what scrapes and sends to it knows (a Prometheus, or an agent)"
LACKS = {
    "/api/v1/targets": f"scrape targets: {_AGENTS}",
    "/api/v1/targets/metadata": f"metadata of scrape targets: {_AGENTS}",
    "/api/v1/scrape_pools": f"scrape pools: {_AGENTS}",
    "/api/v1/alertmanagers": "list of Alertmanagers: its ruler has them",
    "/api/v1/status/config": f"configuration with scrape intervals: {_AGENTS}",
    "/api/v1/status/flags": "flags that are Prometheus' own",
    "/api/v1/status/runtimeinfo": "retention that it tells: it is a limit of each tenant "
    "(`compactor_blocks_retention_period`)",
    "/api/v1/status/tsdb": "TSDB to tell of: each ingester has one for each tenant",
}
"""Path below Prometheus' prefix -> what Mimir does not have."""


def lacking(edge: Edge, path: str) -> str | None:
    """Why a path that answered 404, or nothing that tells, cannot do better, in words; None where
    it should. It is asked who answers, which is one more question.
    """
    what = LACKS.get(path) if edge.server == "prometheus" else None
    if what is None:
        return None
    try:
        told = edge.get_json(BUILD)["data"]
        return f"{MIMIR} has no {what}" if told.get("application") == MIMIR else None
    except (ObservationError, LookupError, TypeError, AttributeError):
        return None


def tenant_hint(reply: httpx.Response) -> str | None:
    """What to do where a server wants to know which tenant is meant."""
    if reply.status_code == 401 and "no org id" in reply.text:
        return "it has tenants, and wants to know whose data: `tenant: NAME` in the stack file"
    return None
