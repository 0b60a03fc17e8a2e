"""One cell of the reconcile benchmark: a real native stack, many requests, and what it took to
account for each of them. Measured in the process that asks for it.
"""

from __future__ import annotations

import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.figure import ROOT, progress
from smokestack import wait
from smokestack.drive.arrivals import Arrivals
from smokestack.endpoints import Endpoint
from smokestack.errors import ObservationError
from smokestack.judge import correlation, logs, metrics, traces
from smokestack.judge.counters import deltas, restarted
from smokestack.load import running
from smokestack.load.outcome import Load
from smokestack.load.scenario import ScenarioSpec
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.exposition import read_metrics
from smokestack.results import Evidence, Judgement, Verdict
from smokestack.run import Run
from smokestack.settings import Settings
from smokestack.system import load_system

FAST = 100_000.0
"""Requests a second that `steady` is asked for: far more than there can be."""
LOAD_S, ENOUGH = 420.0, 20_000
"""The most that sending so many requests may take, in seconds; more may take as much longer."""
LOKI_LINES = "loki_distributor_lines_received_total"
SPANS = ("jaeger_collector_spans_received_total", "tempo_distributor_spans_received_total")
COUNTING = ("/api/v1/query", "/loki/api/v1/query", "/api/metrics/query")
PAGES = ("/loki/api/v1/query_range", "/api/search", "/api/traces")
EVIDENCE = Evidence("benchmark", "", "", "")


@dataclass(frozen=True)
class Cell:
    """What one process measured. Seconds count from when the last signal was in."""

    store: str
    requests: int
    events: int
    traces: int
    rate: float
    counted_s: float
    whole_s: float
    again_s: float
    judging_s: float
    counts: Mapping[str, int]
    pages: Mapping[str, int]
    imported_mb: float
    rss_mb: float
    not_met: tuple[str, ...]
    judged: Mapping[str, str] = field(default_factory=dict)


class Observer:
    """Notes when the counters of Loki and of the trace store last grew."""

    def __init__(self, run: Run) -> None:
        endpoints, log = run.running.endpoints(), CallLog()
        self._edges = [
            Edge(Endpoint(role, endpoints[role].url), calls=log)
            for role in ("loki", "traces-metrics")
        ]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._seen: dict[str, float] = {}
        self.grew_at: dict[str, float] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look as long as the block lasts."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()
            for edge in self._edges:
                edge.close()

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            for edge in self._edges:
                self._look(edge)

    def _look(self, edge: Edge) -> None:
        asked = time.time()
        try:
            exposed = read_metrics(edge)
        except ObservationError:
            return
        for name in (LOKI_LINES, *SPANS):
            value = exposed.value(name)
            if value is not None and value > self._seen.get(name, 0.0):
                self._seen[name], self.grew_at[name] = value, asked


def longest(seconds: float, total: int) -> float:
    """How long something may take for so many requests."""
    return seconds * max(1.0, total / ENOUGH)


def send(run: Run, total: int) -> Load:
    """Send the steady mix as fast as it goes."""
    host = run.running.endpoints()[run.system.application.entry].url
    spec = ScenarioSpec(
        "bulk", "steady", host, total=total, rate=FAST, users=16, max_seconds=longest(LOAD_S, total)
    )
    started = running.start(
        spec,
        run_id=run.run_id,
        spawner=run.running.spawner,
        directory=run.running.folder / "loads",
        scenarios_dir=ROOT / "scenarios",
        gated=True,
    )
    wait.until(started.is_ready, within_s=60)
    started.go()
    return run.scenarios.keep(started.finish(longest(LOAD_S, total) + 30))


def by_number_and_id(run: Run, arrivals: Arrivals) -> Iterator[tuple[str, Judgement]]:
    """Number and identity of every signal, and the joins that ids alone allow."""
    system, ledger, no = run.system, arrivals.sent.ledger, EVIDENCE
    counted, lines = arrivals.metrics.result(), arrivals.logs.result()
    names = {system.metrics.requests, f"{system.metrics.durations}_count"}
    grown = deltas(counted.samples, counted.windows, names)
    yield (
        "counter-delta",
        metrics.counter_delta(
            system, ledger, counted.windows, grown, restarted(counted.samples), counted.waited, no
        ),
    )
    yield (
        "histogram-count",
        metrics.histogram_count(system, counted.windows, grown, counted.waited, no),
    )
    yield "logs.count", logs.count(system, ledger, lines.counted, lines.waited, no)
    yield "logs.identity", logs.identity(system, ledger, lines.lines, no)
    found = arrivals.traces.result()
    yield "traces.count", traces.count(system, ledger, found.counted, found.waited, no)
    yield "traces.identity", traces.identity(system, ledger, found.ids, no)


def in_full(run: Run, arrivals: Arrivals) -> Iterator[tuple[str, Judgement]]:
    """What needs every field of every line, or every span of every trace."""
    system, ledger, no = run.system, arrivals.sent.ledger, EVIDENCE
    seen, lines = arrivals.traces.result(), arrivals.logs.result().lines
    yield "logs.error-event", logs.error_event(system, ledger, lines, no)
    yield "logs.fields", logs.fields(system, ledger, lines, no)
    yield "logs.timestamps", logs.timestamps(system, ledger, lines, no)
    yield "logs.order", logs.order(system, lines, no)
    found = seen.found
    yield "traces.complete", traces.complete(system, ledger, found, no)
    yield "traces.attributes", traces.attributes(system, ledger, found, no)
    yield "traces.doubles", traces.doubles(system, ledger, found, seen.received, no)
    for name in ("trace_to_logs", "logs_to_trace", "id_joins"):
        join = getattr(correlation, name)
        yield f"correlation.{name.replace('_', '-')}", join(system, ledger, found, lines, no)


@dataclass(frozen=True)
class Reconciled:
    """What was gathered and judged, and when: by number and id begun, done, all done."""

    arrivals: Arrivals
    judged: Mapping[str, Judgement]
    times: tuple[float, float, float]

    @property
    def not_met(self) -> tuple[str, ...]:
        """Which checks were not met, and why."""
        return tuple(
            f"{name} {one.verdict.value}: {one.summary}"
            for name, one in self.judged.items()
            if one.verdict is not Verdict.MET
        )


def reconcile(run: Run, load: Load, before: float | None) -> Reconciled:
    """Gather and judge."""
    arrivals = run.gather([load], before)
    for one in (arrivals.metrics, arrivals.logs, arrivals.traces):
        one.result()
    begun = time.time()
    judged = dict(by_number_and_id(run, arrivals))
    counted = time.time()
    judged |= in_full(run, arrivals)
    return Reconciled(arrivals, judged, (begun, counted, time.time()))


def last_in(arrivals: Arrivals, grew_at: Mapping[str, float], *, by_count: bool) -> float:
    """When the last signal was in."""
    moments = list(grew_at.values())
    moments += [w.closed_at for w in arrivals.metrics.result().windows if w.closed_at]
    if by_count:
        seen = arrivals.traces.result()
        moments.append(arrivals.sent.ledger.last_at + seen.since_s + seen.waited.took_s)
    return max(moments)


def calls(run: Run) -> Counter[tuple[str, str]]:
    """How often each path was asked so far."""
    made: Counter[tuple[str, str]] = Counter()
    for one in run.clients.calls.entries():
        made[str(one["server"]), str(one["path"])] += int(str(one["count"]))
    return made


def peak_mb() -> float:
    """The most memory that this process has had so far, in MB of 1,024 KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cell(total: int, *, again: bool) -> Cell:
    """Measure in this process, with whichever trace store it finds."""
    imported = peak_mb()
    with tempfile.TemporaryDirectory() as directory:
        run = Run(
            Settings(ROOT, "reference", "fast", Path(directory), "native"),
            load_system(ROOT, "reference"),
        )
        try:
            run.start()
            run.await_first_scrapes()
            return replace(_cell(run, total, again=again), imported_mb=imported)
        finally:
            run.close(failed=False)


def _cell(run: Run, total: int, *, again: bool) -> Cell:
    store = run.clients.traces
    before = run.spans_received()
    observer = Observer(run)
    with observer.watching():
        load = send(run, total)
        progress(
            f"reconcile: {total} requests sent, {load.info.reached_rate:.0f} a second; "
            f"peak so far {peak_mb():.0f} MB"
        )
        first = reconcile(run, load, before)
    rss, arrivals = peak_mb(), first.arrivals
    since = last_in(arrivals, observer.grew_at, by_count=store.counts_by_query)
    start, made = time.time(), calls(run)
    second = reconcile(run, load, before) if again else None
    made = calls(run) - (made if again else Counter())
    last = second or first
    return Cell(
        store=store.name,
        requests=len(load.ledger),
        events=len(arrivals.logs.result().lines),
        traces=len(arrivals.traces.result().ids),
        rate=load.info.reached_rate,
        counted_s=first.times[1] - since,
        whole_s=first.times[2] - since,
        again_s=second.times[1] - start if second else 0.0,
        judging_s=last.times[2] - last.times[0],
        counts={server: n for (server, path), n in sorted(made.items()) if path in COUNTING},
        pages={f"{s}{path}": n for (s, path), n in sorted(made.items()) if path in PAGES},
        imported_mb=0.0,
        rss_mb=rss,
        not_met=(*first.not_met, *(second.not_met if second else ())),
        judged={name: one.summary for name, one in first.judged.items()},
    )
