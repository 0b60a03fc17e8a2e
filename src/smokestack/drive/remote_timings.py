"""The waits of a stack that somebody else runs, as far as its servers tell of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from smokestack import yaml_file
from smokestack.clients import Clients
from smokestack.errors import ObservationError
from smokestack.observe.administration import CONFIG
from smokestack.observe.timestamps import seconds
from smokestack.timings import Timings

GLOBAL = {"scrape_interval": "1m", "scrape_timeout": "10s", "evaluation_interval": "1m"}
ROUTE = {"group_wait": "30s", "group_interval": "5m"}
"""What Prometheus and Alertmanager take for a key that is left out (their documentation)."""

DISCOVERY_S = 5.0
"""How often Prometheus reloads its targets (its flag's default)."""


def timings(
    clients: Clients, application: Collection[str], logs_s: float, traces_s: float
) -> Timings:
    """Scrape and evaluation as Prometheus says that it has loaded them, grouping as Alertmanager
    does. No server tells how long lines and spans take: `logs_s` and `traces_s` are said for them.

    A server that does not tell (no right to, or an API of another make) counts with its defaults.
    """
    prometheus = _prometheus(clients)
    jobs = prometheus.get("scrape_configs") or []
    mine = [job for job in jobs if job.get("job_name") in application] or jobs or [{}]
    common = GLOBAL | dict(prometheus.get("global") or {})
    route = _slowest(_alertmanager(clients).get("route") or {}, ROUTE)
    return Timings(
        scrape_s=max(_of(job, common, "scrape_interval") for job in mine),
        scrape_timeout_s=max(_of(job, common, "scrape_timeout") for job in mine),
        evaluation_s=seconds(str(common["evaluation_interval"])),
        log_poll_s=0.0,
        batch_s=logs_s,
        span_delay_s=0.0,
        trace_cut_s=max(0.0, traces_s - logs_s),
        group_wait_s=seconds(route["group_wait"]),
        group_interval_s=seconds(route["group_interval"]),
        discovery_s=DISCOVERY_S,
    )


def _prometheus(clients: Clients) -> Mapping[str, Any]:
    edge = clients.prometheus.edge
    try:
        return edge.read(CONFIG, None, lambda told: dict(yaml_file.parse(told["data"]["yaml"])))
    except ObservationError:
        return {}


def _alertmanager(clients: Clients) -> Mapping[str, Any]:
    if clients.of_alertmanager is None:
        return {"route": {"group_wait": "0s", "group_interval": "0s"}}
    try:
        return dict(yaml_file.parse(clients.alertmanager.config_text()))
    except (ObservationError, ValueError, TypeError):
        return {}


def _of(job: Mapping[str, Any], common: Mapping[str, Any], key: str) -> float:
    return seconds(str(job.get(key, common[key])))


def _slowest(route: Mapping[str, Any], above: Mapping[str, str]) -> dict[str, str]:
    own = {key: str(route.get(key, waits)) for key, waits in above.items()}
    every = [own, *(_slowest(one, own) for one in route.get("routes") or [])]
    return {key: max((one[key] for one in every), key=seconds) for key in own}
