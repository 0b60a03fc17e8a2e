"""The ways of metrics, lines and traces, hop by hop, as far as the servers tell.

What no server tells is named as such, and lies within the hop that it is a part of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from smokestack.judge.counters import SAME_SCRAPE_S, ScrapeWindow
from smokestack.judge.spread import Hop, of_buckets, visible_after
from smokestack.results import HopTimes, Waterfall
from smokestack.samples import Buckets, Ledger, LogLine, Request, Series, Sighting
from smokestack.system import System, given
from smokestack.timings import Timings

OBSERVED = "observed_timestamp"
"""Structured metadata of Loki: when the shipper read a line, as OpenTelemetry's log data model has
it (nanoseconds since the epoch)."""

LOOKS = "looks from outside"

Key = tuple[str, str, str, str]


def promised(timings: Timings, system: System, factor: float) -> Timings:
    """The waits that are allowed: those that the servers run with, but no longer than promised."""
    waits = dict(system.latency.as_run(factor)) if system.latency else {}
    application = [j for j in system.scrape if j.job in system.application.services]
    if application:
        waits["scrape_s"] = max(job.as_run(factor) for job in application)
    return replace(timings, **{k: min(getattr(timings, k), s) for k, s in waits.items()})


@dataclass(frozen=True)
class Scraped:
    """Raw samples of the application around a load. `shown`: (job, instance) -> when its closing
    scrape was first seen in an answer.
    """

    samples: Sequence[Series]
    windows: Sequence[ScrapeWindow]
    shown: Mapping[tuple[str, str], float]


def of_metrics(system: System, ledger: Ledger, seen: Scraped, waits: Timings) -> Waterfall:
    """From the end of each request to the first scrape that counted it, to its end, to an answer.

    Requests of one series are counted in the order in which they ended, as near as is told.
    """
    took = {
        (s.labels.get("job", ""), s.labels.get("instance", ""), s.at): s.value
        for s in seen.samples
        if s.name == "scrape_duration_seconds"
    }
    scraped, answered = [], []
    for request, target, at in _counted(system, ledger, seen):
        scraped.append(max(0.0, at - request.ended_at))
        answered.append(_near(took, (*target, at)))
    shown = [
        max(0.0, seen.shown[w.job, w.instance] - w.closed_at - _near(took, _closing(w)))
        for w in seen.windows
        if w.closed_at is not None and (w.job, w.instance) in seen.shown
    ]
    hops = (
        Hop("scrape", "prometheus", tuple(scraped), waits.scrape_s),
        Hop("scrape's answer", "prometheus", tuple(answered), waits.scrape_timeout_s),
        Hop("queryable", f"{LOOKS}, at the closing scrapes", tuple(shown), 0.0),
    )
    return Waterfall("metrics", "requests", len(scraped), tuple(hop.times() for hop in hops))


def _closing(window: ScrapeWindow) -> tuple[str, str, float]:
    return window.job, window.instance, window.closed_at or 0.0


def _near(took: Mapping[tuple[str, str, float], float], key: tuple[str, str, float]) -> float:
    """The duration of a scrape; its time is equal to the millisecond."""
    if key in took:
        return took[key]
    job, instance, at = key
    near = (d for (j, i, t), d in took.items() if (j, i) == (job, instance) and _same(t, at))
    return next(near, 0.0)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_SCRAPE_S


def _counted(
    system: System, ledger: Ledger, seen: Scraped
) -> Iterable[tuple[Request, tuple[str, str], float]]:
    """(request, target, time of the first scrape that counted it), for every copy."""
    windows = {(w.job, w.instance): w for w in seen.windows}
    label = system.metrics.labels
    points: dict[tuple[tuple[str, str], Key], list[Series]] = defaultdict(list)
    for sample in seen.samples:
        if sample.name == system.metrics.requests:
            of = sample.labels
            target = of.get("job", ""), of.get("instance", "")
            method, route, status = (
                of.get(n, "") for n in (label.method, label.route, label.status)
            )
            points[target, (target[0], method, route, status)].append(sample)
    ended = _by_key(system, ledger)
    for (target, key), samples in points.items():
        window = windows.get(target)
        if window is None or window.opened_at is None:
            continue
        yield from ((r, target, at) for r, at in _matched(ended.get(key, []), samples, window))


def _by_key(system: System, ledger: Ledger) -> Mapping[Key, list[Request]]:
    """The answered requests of each series, in the order in which they ended."""
    found: dict[Key, list[Request]] = defaultdict(list)
    for request in sorted(ledger.requests, key=lambda one: one.ended_at):
        route = system.route(request.method, request.route)
        if route is None or request.status is None or system.copies(route, "metrics") != 1:
            continue
        for service in route.services:
            found[service, request.method, request.route, str(request.status)].append(request)
    return found


def _matched(
    requests: Sequence[Request], samples: Iterable[Series], window: ScrapeWindow
) -> Iterable[tuple[Request, float]]:
    """Each request with the scrape at which its series had grown by as many as had ended."""
    opened_at = window.opened_at or 0.0
    points = sorted((s.at, s.value) for s in samples)
    before = max((v for at, v in points if at <= opened_at + SAME_SCRAPE_S), default=0.0)
    after = iter((at, v - before) for at, v in points if at > opened_at + SAME_SCRAPE_S)
    at, grown = 0.0, 0.0
    for number, request in enumerate(requests, 1):
        while grown < number:
            try:
                at, grown = next(after)
            except StopIteration:
                return
        yield request, at


def of_lines(
    signal: str,
    lines: Iterable[LogLine],
    sightings: Iterable[Sighting],
    waits: Timings,
    ingest: Buckets | None,
) -> Waterfall:
    """From the time that a line carries to the shipper that read it, to an answer that has it."""
    every = list(lines)
    read = [(line.at, at) for line in every if (at := observed_at(line)) is not None]
    came = [at for _, at in read] or [line.at for line in every]
    reads = Hop(
        "shipper reads", "shipper", tuple(max(0.0, at - of) for of, at in read), waits.log_poll_s,
        f"no line has {OBSERVED}: this shipper does not say when it read one" if every else None,
    )  # fmt: skip
    beyond = waits.batch_s + (0.0 if read else waits.log_poll_s)
    queryable = Hop("queryable", LOOKS, visible_after(came, sightings), beyond)
    hops = (
        reads.times(),
        queryable.times(),
        _untold("batch", "queryable", "the collector counts its batches, but not their waits"),
        of_buckets("ingest", ingest, "queryable", "Loki did not tell"),
    )
    return Waterfall(signal, "lines", len(every), hops)


def observed_at(line: LogLine) -> float | None:
    """When the shipper read a line, if it says so."""
    text = line.labels.get(OBSERVED, "")
    return int(text) / 1e9 if text.isdecimal() else None


def access_events(system: System, lines: Iterable[LogLine]) -> list[LogLine]:
    """The lines that tell of a request."""
    access = given(system.logs).access
    return [line for line in lines if line.fields.get(access.field) == access.value]


def of_traces(
    ended: Iterable[float],
    sightings: Iterable[Sighting],
    waits: Timings,
    stored: Mapping[str, Buckets | None],
) -> Waterfall:
    """From the end of each request that leaves a trace to an answer that has its trace."""
    moments = list(ended)
    told = [
        of_buckets(name, of, "queryable", "the store did not tell") for name, of in stored.items()
    ]
    hops = (
        Hop("queryable", LOOKS, visible_after(moments, sightings), waits.traces_s).times(),
        _untold("SDK's batch", "queryable", "a span does not say when it was sent"),
        _untold("batch", "queryable", "the collector counts its batches, but not their waits"),
        *told,
    )
    return Waterfall("traces", "requests", len(moments), hops)


def _untold(name: str, part_of: str, why: str) -> HopTimes:
    return HopTimes(name, "nobody", part_of=part_of, untold=why)
