"""Whether Prometheus has scraped what it must: once before the traffic, and in time ever since."""

from __future__ import annotations

import time

from smokestack.clients import Clients
from smokestack.drive.queries import MISSED_ITERATIONS, scrape_selector
from smokestack.judge.counters import scrape_windows
from smokestack.judge.deadlines import missed_iterations, overload
from smokestack.observe.prometheus import Prometheus
from smokestack.samples import Ledger
from smokestack.stack.backend import Stack
from smokestack.system import System
from smokestack.timings import Timings
from smokestack.wait import until

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


def busy_since(at: float, prometheus: Prometheus, system: System, timings: Timings) -> str | None:
    """Why timing since a moment says nothing: scrapes or evaluations were late. None where they
    were not. `at` is in seconds since the epoch.
    """
    now = time.time()
    samples = prometheus.raw(scrape_selector(system), now - at, now)
    missed = [prometheus.value(MISSED_ITERATIONS, when) or 0.0 for when in (at, now)]
    return overload(
        scrape_windows(samples, Ledger()), samples, timings.scrape_s
    ) or missed_iterations(missed[1] - missed[0], (now - at) / timings.evaluation_s)
