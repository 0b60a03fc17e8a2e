"""Asks Prometheus for the SLI of a load, by the very queries of the SLO's file.

Each is asked at the moments of the opening and of the closing scrape. An instant query gives the
counter as it was scraped then, so the difference is exact; `rate()` over the same time is asked
too, once, as what a dashboard would show.
"""

from __future__ import annotations

from collections.abc import Sequence

from smokestack.errors import BadResponse
from smokestack.judge.counters import ScrapeWindow
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.timestamps import milliseconds
from smokestack.observe.timestamps import seconds as seconds_of
from smokestack.samples import Counted, SliSeen, WindowSeen
from smokestack.system import Slo
from smokestack.system.counter_query import CounterQuery


def sli(slo: Slo, prometheus: Prometheus, windows: Sequence[ScrapeWindow]) -> SliSeen | None:
    """What Prometheus counted between the scrapes around a load: five queries, however long it was.

    None where a target of the service has no scrape before or after it. ObservationError where
    Prometheus cannot be asked.
    """
    moments = around([w for w in windows if w.job == slo.document.spec.service])
    if moments is None:
        return None
    (start, end), ratio = moments, slo.document.ratio
    numerator = (ratio.bad or ratio.good or ratio.total).query
    return SliSeen(
        _counted(prometheus, numerator, start, end),
        _counted(prometheus, ratio.total.query, start, end),
        ratio.bad is not None,
        _by_rate(slo, prometheus, start, end),
        prometheus.repeat(numerator.summed, end),
    )


def around(windows: Sequence[ScrapeWindow]) -> tuple[float, float] | None:
    """When every one of these targets had its opening scrape, and when its closing one."""
    opened = [w.opened_at for w in windows if w.opened_at is not None]
    closed = [w.closed_at for w in windows if w.closed_at is not None]
    if not windows or len(opened) < len(windows) or len(closed) < len(windows):
        return None
    return max(opened), max(closed)


def _counted(prometheus: Prometheus, query: CounterQuery, start: float, end: float) -> Counted:
    before, after = (prometheus.value(query.summed, at) for at in (start, end))
    return Counted(query.summed, before, after)


def _by_rate(slo: Slo, prometheus: Prometheus, start: float, end: float) -> float | None:
    """The share of good events by `rate()`; None where it gives none, or cannot be asked."""
    ratio, window = slo.document.ratio, milliseconds(end - start)
    numerator = (ratio.bad or ratio.good or ratio.total).query
    query = f"{numerator.rate(window)} / {ratio.total.query.rate(window)}"
    try:
        share = prometheus.value(query, end)
    except BadResponse:
        return None
    return None if share is None else 1 - share if ratio.bad else share


def over_windows(
    slo: Slo, prometheus: Prometheus, windows: Sequence[str], at: float
) -> tuple[list[WindowSeen], str]:
    """What Prometheus counted over each of these windows, such as `1h`, up to a moment: one query
    for all of them; and the command that asks it again.

    An objective is asked over weeks in which targets are restarted, so `rate()` is what can be had.
    """
    ratio = slo.document.ratio
    numerator = (ratio.bad or ratio.good or ratio.total).query
    parts = [
        f'label_replace({query.rate(window)}, "asked", "{what} {window}", "", "")'
        for window in windows
        for what, query in (("some", numerator), ("all", ratio.total.query))
    ]
    query = " or ".join(parts)
    found = {one.labels["asked"]: one.value for one in prometheus.instant(query, at)}

    def seen(window: str) -> WindowSeen:
        length = seconds_of(window)
        counts = (found.get(f"{what} {window}") for what in ("some", "all"))
        some, every = (None if rate is None else rate * length for rate in counts)
        return WindowSeen(window, length, some, every, ratio.bad is not None)

    return [seen(window) for window in windows], prometheus.repeat(query, at)
