"""Waits until what the application pushes shows a whole load, and reads it."""

from __future__ import annotations

import time

from smokestack.clients import Clients
from smokestack.drive.arrivals import Sent
from smokestack.judge.deadlines import MARGIN_S, Deadlines
from smokestack.judge.push import Pushed
from smokestack.system import System, given
from smokestack.wait import Waited, until

LEAST_S = 0.1
"""The shortest time between two pushes that `--pace fast` makes (docs/pace.md)."""


def push_selector(system: System) -> str:
    """Every raw sample that is asked about, in one query."""
    push = given(system.push)
    series = {f"{name}{end}" for name in push.families for end in ("", "_count")}
    names = "|".join(sorted({push.heartbeat, *system.metrics.counters, *series}))
    return f'{{__name__=~"{names}",job="{push.job}"}}'


def pushed(
    system: System, clients: Clients, sent: Sent, deadlines: Deadlines, factor: float
) -> tuple[Pushed, Waited[float]]:
    """Until there is a push that was made after the last response; then all of them, as they are
    in Prometheus by now.
    """
    push, prometheus = given(system.push), clients.prometheus
    interval = max(push.interval / factor, LEAST_S)
    beats = f'{push.heartbeat}{{job="{push.job}"}}'
    within = 2 * interval + deadlines.timings.batch_s + MARGIN_S

    def last() -> float:
        found = prometheus.raw(beats, sent.window_s(within), time.time())
        return max((one.at for one in found), default=0.0)

    waited = until(
        last,
        lambda at: at > sent.ledger.last_at,
        within_s=within,
        describe=lambda at: f"last push {at - sent.ledger.last_at:+.2f} s after the last response",
        what="pushed metrics in Prometheus",
    )
    if waited.error is not None:
        raise waited.error
    asked_at = time.time()
    samples = prometheus.raw(push_selector(system), sent.window_s(within), asked_at)
    scraped = prometheus.raw(f'up{{job="{push.job}"}}', within, asked_at)
    return Pushed(samples, interval, asked_at, len(scraped)), waited
