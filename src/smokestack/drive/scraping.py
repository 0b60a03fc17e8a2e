"""Whether Prometheus has scraped what it must: once before the traffic, and in time ever since."""

from __future__ import annotations

import time

from smokestack.clients import Clients
from smokestack.drive.queries import MISSED_ITERATIONS, app_jobs, scrape_selector
from smokestack.judge.counters import scrape_windows
from smokestack.judge.deadlines import GAP, GAP_IN_WINDOW, LOST_SCRAPES, missed_iterations, overload
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.timestamps import milliseconds
from smokestack.samples import Ledger
from smokestack.stack.backend import Stack
from smokestack.system import System
from smokestack.timings import Timings
from smokestack.wait import until

LATELY = "1h"
"""A target that answered within that is not one that never does."""

FIRST_SCRAPE_MARGIN_S = 10.0
"""Seconds beyond one scrape interval in which every scrape target must have been scraped once."""


def await_first_scrapes(stack: Stack, clients: Clients, timings: Timings) -> None:
    """Return once every target was scraped. One that is down is not waited for longer than it
    takes to know: the checks say what is wrong with it. A scrape that was refused while the servers
    were still starting says nothing. Raises StackError for a server that has ended.
    """
    ready_at = time.time()

    def scraped() -> bool:
        stack.check_alive()
        targets = clients.prometheus.targets()
        return bool(targets) and all(t.health == "up" or t.last_scrape > ready_at for t in targets)

    until(
        scraped,
        within_s=timings.discovery_s + timings.metrics_s + FIRST_SCRAPE_MARGIN_S,
        what="the first scrape of each target",
    )


def busy_since(
    at: float, prometheus: Prometheus, system: System, timings: Timings, gap: float = GAP
) -> str | None:
    """Why timing since a moment says nothing: scrapes or evaluations were late. None where they
    were not. `at` is in seconds since the epoch, `gap` in scrape intervals.
    """
    now = time.time()
    samples = prometheus.raw(scrape_selector(system), now - at, now)
    missed = [prometheus.value(MISSED_ITERATIONS, when) or 0.0 for when in (at, now)]
    return overload(
        scrape_windows(samples, Ledger()), samples, timings.scrape_s, gap
    ) or missed_iterations(missed[1] - missed[0], (now - at) / timings.evaluation_s)


def window_lost(
    since: float, prometheus: Prometheus, system: System, timings: Timings
) -> str | None:
    """Why a rule's window from a moment on shows too little of what happened in it, or None where
    it shows it. A target that is down for all of it counts too, if it answered before: whether it
    is slow or dead, a rule sees nothing of it. `since` is in seconds since the epoch.
    """
    now = time.time()
    up = f'up{{job=~"{app_jobs(system)}"}}'
    lost = (
        f"avg_over_time({up}[{milliseconds(now - since)}]) < {1 - LOST_SCRAPES} "
        f"and max_over_time({up}[{LATELY}]) > 0"
    )
    for target in prometheus.instant(lost, now):
        named = f"{target.labels.get('job', '')} ({target.labels.get('instance', '')})"
        return f"{1 - target.value:.0%} of the scrapes of {named} failed"
    return busy_since(since, prometheus, system, timings, GAP_IN_WINDOW)
