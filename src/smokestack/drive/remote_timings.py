"""The waits of a stack that somebody else runs, as far as its servers tell of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from smokestack import yaml_file
from smokestack.clients import Clients
from smokestack.errors import ObservationError
from smokestack.stack.configured import NO_ALERTMANAGER, scraping, seconds, slowest_route
from smokestack.timings import Timings

DISCOVERY_S = 5.0
"""How often Prometheus reloads its targets (its flag's default)."""


def timings(
    clients: Clients, application: Collection[str], logs_s: float, traces_s: float
) -> Timings:
    """Scrape and evaluation as Prometheus says that it has loaded them, grouping as Alertmanager
    does. No server tells how long lines and spans take: `logs_s` and `traces_s` are said for them.

    A server that does not tell (no right to, or an API of another make) counts with its defaults.
    """
    scrape, timeout, evaluation = scraping(_prometheus(clients), application)
    route = slowest_route(_alertmanager(clients).get("route") or {})
    return Timings(
        scrape_s=scrape,
        scrape_timeout_s=timeout,
        evaluation_s=evaluation,
        log_poll_s=0.0,
        batch_s=logs_s,
        span_delay_s=0.0,
        trace_cut_s=max(0.0, traces_s - logs_s),
        group_wait_s=seconds(route["group_wait"]),
        group_interval_s=seconds(route["group_interval"]),
        discovery_s=DISCOVERY_S,
    )


def _prometheus(clients: Clients) -> Mapping[str, Any]:
    return _parsed(clients.prometheus.config_text)


def _alertmanager(clients: Clients) -> Mapping[str, Any]:
    if clients.of_alertmanager is None:
        return {"route": NO_ALERTMANAGER}
    return _parsed(clients.alertmanager.config_text)


def _parsed(ask: Callable[[], str]) -> Mapping[str, Any]:
    try:
        return dict(yaml_file.parse(ask()))
    except (ObservationError, ValueError, TypeError):
        return {}
