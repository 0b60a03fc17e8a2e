"""Reads from rendered configuration what waits a stack imposes. Deadlines come from here.

This is the only reading of the configuration under test: how long to wait, never what is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from smokestack.stack import durations
from smokestack.stack.render import Rendered
from smokestack.timings import Timings

TEMPO_RPC_S = 5.0
"""Default of Tempo's `livestore.client.timeout`; searches were seen to take that long now and
then, after which they have everything."""

OTEL_SPAN_DELAY_MS = 5000
"""The SDK's default of OTEL_BSP_SCHEDULE_DELAY (OpenTelemetry specification)."""

PROMETHEUS = {"scrape_interval": "1m", "scrape_timeout": "10s", "evaluation_interval": "1m"}
ALERTMANAGER = {"group_wait": "30s", "group_interval": "5m"}
"""What these servers take for a key that their file leaves out (their documentation)."""
NO_ALERTMANAGER = {"group_wait": "0s", "group_interval": "0s"}
"""A stack without one imposes no such wait."""


def timings(rendered: Iterable[Rendered], application: Iterable[str]) -> Timings:
    """The durations of a stack. `application` names the services whose scrape interval counts."""
    by_kind: dict[Any, Any] = {}
    collectors: list[Mapping[str, Any]] = []
    arguments: dict[str, str] = {}
    delays = [OTEL_SPAN_DELAY_MS / 1000]
    for one in rendered:
        by_kind |= dict(one.configs)
        if "otel-collector" in one.configs:  # there may be two: the slower one counts
            collectors.append(one.configs["otel-collector"] or {})
        arguments |= dict(argument.lstrip("-").partition("=")[::2] for argument in one.arguments)
        if "OTEL_BSP_SCHEDULE_DELAY" in one.environment:
            delays.append(int(one.environment["OTEL_BSP_SCHEDULE_DELAY"]) / 1000)
    delays = delays[1:] or delays
    prometheus, collectors = by_kind["prometheus"], collectors or [{}]
    tree = NO_ALERTMANAGER
    if "alertmanager" in by_kind:
        tree = slowest_route(by_kind["alertmanager"]["route"])
    scrape, timeout, evaluation = scraping(prometheus, application)
    return Timings(
        scrape_s=scrape,
        scrape_timeout_s=timeout,
        evaluation_s=evaluation,
        log_poll_s=max(map(_poll, collectors)),
        batch_s=max(_batch(one.get("processors") or {}) for one in collectors),
        span_delay_s=max(delays),
        trace_cut_s=_trace_cut(by_kind.get("tempo")),
        group_wait_s=seconds(tree["group_wait"]),
        group_interval_s=seconds(tree["group_interval"]),
        housekeeping_s=seconds(arguments.get("housekeeping_interval", "1s"), "go"),
        discovery_s=seconds(arguments.get("scrape.discovery-reload-interval", "5s")),
    )


def seconds(text: object, style: durations.Style = "prometheus") -> float:
    """A configured duration in seconds."""
    return durations.seconds(str(text), style)


def scraping(
    prometheus: Mapping[str, Any], application: Iterable[str]
) -> tuple[float, float, float]:
    """Scrape interval, scrape timeout and evaluation interval in seconds, of the slowest job of
    the application; of any job where it has none of its own.
    """
    common = PROMETHEUS | (prometheus.get("global") or {})
    every = prometheus.get("scrape_configs") or [{}]
    jobs = [job for job in every if job.get("job_name") in set(application)]
    interval, timeout = _longest_scrape(jobs or every, common)
    return interval, timeout, seconds(common["evaluation_interval"])


def slowest_route(
    route: Mapping[str, Any], above: Mapping[str, Any] = ALERTMANAGER
) -> dict[str, Any]:
    """The longest waits of any route; each has those of the one above where it gives none."""
    own = {key: route.get(key, waits) for key, waits in above.items()}
    every = [own, *(slowest_route(one, own) for one in route.get("routes") or [])]
    return {key: max((one[key] for one in every), key=seconds) for key in own}


def _longest_scrape(
    jobs: Iterable[Mapping[str, Any]], defaults: Mapping[str, Any]
) -> tuple[float, float]:
    pairs = [
        (
            seconds(job.get("scrape_interval", defaults["scrape_interval"])),
            seconds(job.get("scrape_timeout", defaults["scrape_timeout"])),
        )
        for job in jobs
    ]
    return max((interval, min(timeout, interval)) for interval, timeout in pairs)


def _batch(processors: Mapping[str, Any]) -> float:
    """The batch processor's timeout, its default where it is written without one."""
    if "batch" not in processors:
        return 0.0
    return seconds((processors["batch"] or {}).get("timeout", "200ms"), "go")


def _trace_cut(tempo: Mapping[str, Any] | None) -> float:
    """Tempo 3 finds a trace once it is idle, cut, in a block and past the search cut-off; Jaeger
    at once. A search of Tempo's that waits for its live store is given up after `TEMPO_RPC_S`.
    """
    if tempo is None:
        return 0.0
    live, query = tempo.get("live_store", {}), tempo.get("query_frontend", {})
    keys = [live.get("max_trace_idle", "5s"), live.get("flush_check_period", "5s")]
    keys.append(live.get("max_block_duration", "30s"))
    keys.append(query.get("query_end_cutoff", "30s"))
    return TEMPO_RPC_S + sum(seconds(key, "go") for key in keys)


def _poll(collector: Mapping[str, Any]) -> float:
    """How often the collector's slowest file receiver looks, by its new name or its old one."""
    receivers = collector.get("receivers") or {}
    found = [
        one or {}
        for name, one in receivers.items()
        if name.partition("/")[0] in ("file_log", "filelog")
    ]
    return max(seconds(one.get("poll_interval", "200ms"), "go") for one in found or [{}])
