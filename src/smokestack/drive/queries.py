"""The queries by which our traffic is found; a fixed number of them, however much was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from smokestack.samples import Ledger
from smokestack.system import System, given

SLACK_S = 60.0
"""Logs are looked for this many seconds around a load, so that a shifted clock shows as shifted."""


MISSED_ITERATIONS = "sum(prometheus_rule_group_iterations_missed_total)"
"""Rule evaluations that Prometheus skipped, since the one before had not ended."""


def app_jobs(system: System) -> str:
    """A matcher for the scrape jobs of the application, to stand in a string of PromQL."""
    jobs = "|".join(re.escape(service) for service in system.application.services)
    return jobs.replace("\\", "\\\\")


def scrape_selector(system: System) -> str:
    """Which scrapes happened."""
    return f'{{__name__=~"up|scrape_duration_seconds",job=~"{app_jobs(system)}"}}'


def counter_selector(system: System) -> str:
    """Every raw sample that reconciling counters needs, in one query."""
    names = [
        "up",
        "scrape_duration_seconds",
        "process_start_time_seconds",
        *system.metrics.counters,
    ]
    return f'{{__name__=~"{"|".join(names)}",job=~"{app_jobs(system)}"}}'


def exemplar_selector(system: System) -> str:
    """The histograms whose exemplars are ours."""
    return f'{system.metrics.durations}_bucket{{job=~"{app_jobs(system)}"}}'


def series_count(system: System, window_s: float) -> str:
    """Series of the application by job and metric, over a window: one failed scrape hides none."""
    window = f"{max(1, round(window_s))}s"
    return f'count by (job, __name__) (last_over_time({{job=~"{app_jobs(system)}"}}[{window}]))'


def log_selector(system: System, run_id: str, loads: Sequence[str]) -> str:
    """All lines that carry a correlation id of these loads."""
    return f"{given(system.logs).selector} {marked(run_id, loads)}"


def marked(run_id: str, loads: Sequence[str]) -> str:
    """A line filter: what carries a correlation id of these loads."""
    ids = "|".join(re.escape(f"{run_id}-{load}-") for load in loads)
    return f"|~ `{ids}`"


def log_count(system: System, run_id: str, loads: Sequence[str], window_s: float) -> str:
    """Access events of these loads by service, method, route and status."""
    logs = given(system.logs)
    names, access = logs.names, logs.access
    parse = (
        f'| json event="{access.field}", method="{names.method}", route="{names.route}", '
        f'status="{names.status}" | event=`{access.value}`'
    )
    return (
        f"sum by ({logs.service_label}, method, route, status) (count_over_time("
        f"{log_selector(system, run_id, loads)} {parse} [{window_s:.0f}s]))"
    )


def requests_counted(system: System, ledger: Ledger) -> str:
    """The requests on the ledger's routes that the application has counted since it started."""
    label = system.metrics.labels.route
    routes = "|".join(sorted({re.escape(request.route) for request in ledger.requests}))
    quoted = json.dumps(routes)  # a backslash is doubled in PromQL's strings too
    return f'sum({system.metrics.requests}{{job=~"{app_jobs(system)}",{label}=~{quoted}}})'


def lines_counted(system: System, run_id: str, loads: Sequence[str], window_s: float) -> str:
    """All lines that carry a correlation id of these loads, in the last `window_s` seconds."""
    return f"sum(count_over_time({log_selector(system, run_id, loads)} [{window_s:.0f}s]))"


def failed_selector(system: System, run_id: str, loads: Sequence[str], least: int) -> str:
    """The access events of these loads whose status is `least` or more."""
    logs = given(system.logs)
    parse = f'| json event="{logs.access.field}", status="{logs.names.status}"'
    chosen = f"{parse} | event=`{logs.access.value}` | status >= {least}"
    return f"{log_selector(system, run_id, loads)} {chosen}"
