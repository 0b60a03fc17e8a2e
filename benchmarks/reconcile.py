"""What reconciling 20,000 requests takes, against 50: seconds, queries, pages, memory.

Each cell (trace store, number of requests) is a process of its own: a real native stack at pace
fast, the `steady` mix as fast as it goes, then what the suites do. The clock starts when the last
signal is in: the closing scrape is over, and Loki and the trace store have received what they were
sent, as an observer saw it who asks their own counters; a store that counts must also have been
seen to find every trace. It stops when number and identity of all three signals and the joins by
id are judged. Looking into every span (completeness, attributes, correlation id) is timed apart:
a search of Tempo returns whole traces at a price.

Count queries are counted in a second gathering, when nothing need be waited for: the first has as
many more as it polls. A page is one query of identity.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.figure import ROOT, Figure, NotMeasured, progress
from smokestack import wait
from smokestack.drive.arrivals import Arrivals
from smokestack.endpoints import Endpoint
from smokestack.errors import ObservationError, SmokestackError
from smokestack.judge import correlation, logs, metrics, traces
from smokestack.judge.counters import deltas, restarted
from smokestack.load import running
from smokestack.load.outcome import Load
from smokestack.load.scenario import ScenarioSpec
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.exposition import read_metrics
from smokestack.results import Evidence, Judgement, Verdict
from smokestack.run import Run, Settings
from smokestack.system import load_system

FEW, MANY = 50, 20_000
BOUND_S = {"tempo": 3.0, "jaeger": 10.0}
FAST = 100_000.0
"""Requests a second that `steady` is asked for: far more than there can be."""
LOAD_S, CELL_S = 420.0, 570.0
BY_HAND = Path(os.environ.get("SMOKESTACK_BENCH_TEMPO", "/tmp/tempo-build/tempo"))  # noqa: S108
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
    rss_mb: float
    not_met: tuple[str, ...]


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


def send(run: Run, total: int) -> Load:
    """Send the steady mix as fast as it goes."""
    host = run.running.endpoints()[run.system.application.entry].url
    spec = ScenarioSpec(
        "bulk", "steady", host, total=total, rate=FAST, users=16, max_seconds=LOAD_S
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
    return run.scenarios.keep(started.finish(LOAD_S + 30))


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


def by_span(run: Run, arrivals: Arrivals) -> Iterator[tuple[str, Judgement]]:
    """What needs every span of every trace."""
    system, ledger, no = run.system, arrivals.sent.ledger, EVIDENCE
    seen, lines = arrivals.traces.result(), arrivals.logs.result().lines
    found = seen.found
    yield "traces.complete", traces.complete(system, ledger, found, no)
    yield "traces.attributes", traces.attributes(system, ledger, found, no)
    yield "traces.doubles", traces.doubles(system, ledger, found, seen.received, no)
    for name in ("trace_to_logs", "logs_to_trace", "id_joins"):
        join = getattr(correlation, name)
        yield f"correlation.{name}", join(system, ledger, found, lines, no)


def reconcile(
    run: Run, load: Load, before: float | None
) -> tuple[Arrivals, list[str], list[float]]:
    """Gather and judge. What was not met, and when: by number and id begun, done, all done."""
    arrivals = run.gather([load], before)
    for one in (arrivals.metrics, arrivals.logs, arrivals.traces):
        one.result()
    times, not_met = [time.time()], []
    for judging in (by_number_and_id, by_span):
        for name, judgement in judging(run, arrivals):
            if judgement.verdict is not Verdict.MET:
                not_met.append(f"{name} {judgement.verdict.value}: {judgement.summary}")
        times.append(time.time())
    return arrivals, not_met, times


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


def cell(total: int) -> Cell:
    """Measure in this process, with whichever trace store it finds."""
    with tempfile.TemporaryDirectory() as directory:
        run = Run(
            Settings(ROOT, "reference", "fast", Path(directory), "native"),
            load_system(ROOT, "reference"),
        )
        try:
            run.start()
            run.await_first_scrapes()
            return _cell(run, total)
        finally:
            run.close(failed=False)


def _cell(run: Run, total: int) -> Cell:
    store = run.clients.traces
    before = run.spans_received()
    observer = Observer(run)
    with observer.watching():
        load = send(run, total)
        progress(f"reconcile: {total} requests sent, {load.info.reached_rate:.0f} a second")
        arrivals, not_met, times = reconcile(run, load, before)
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    since = last_in(arrivals, observer.grew_at, by_count=store.counts_by_query)
    start, made = time.time(), calls(run)
    _, still_not_met, again = reconcile(run, load, before)
    made = calls(run) - made
    return Cell(
        store=store.name,
        requests=len(load.ledger),
        events=len(arrivals.logs.result().lines),
        traces=len(arrivals.traces.result().ids),
        rate=load.info.reached_rate,
        counted_s=times[1] - since,
        whole_s=times[2] - since,
        again_s=again[1] - start,
        judging_s=again[2] - again[0],
        counts={server: n for (server, path), n in sorted(made.items()) if path in COUNTING},
        pages={f"{s}{path}": n for (s, path), n in sorted(made.items()) if path in PAGES},
        rss_mb=rss,
        not_met=(*not_met, *still_not_met),
    )


def in_its_own_process(total: int, tempo: str | None) -> Cell:
    """Measure one cell in a fresh process."""
    env = dict(os.environ)
    env.pop("SMOKESTACK_TEMPO_BINARY", None)
    if tempo:
        env["SMOKESTACK_TEMPO_BINARY"] = tempo
    argv = [sys.executable, "-m", "benchmarks.reconcile", "--requests", str(total)]
    try:
        done = subprocess.run(
            argv, cwd=ROOT, env=env, check=False, stdout=subprocess.PIPE, text=True, timeout=CELL_S
        )
    except subprocess.TimeoutExpired as error:
        raise NotMeasured(f"{total} requests were not done in {CELL_S:.0f} s") from error
    if done.returncode != 0:
        raise NotMeasured(f"{total} requests: the process ended with {done.returncode}")
    said = done.stdout.splitlines()[-1]
    progress(f"reconcile: {said}")
    one = Cell(**json.loads(said))
    if one.not_met:
        raise NotMeasured(f"{one.store}, {total} requests: " + "; ".join(one.not_met))
    return one


def figures(few: Cell, many: Cell) -> list[Figure]:
    """What two cells of one store say."""
    asked = ", ".join(f"{server} {n}" for server, n in many.counts.items())
    pages = ", ".join(f"{path} {n}" for path, n in many.pages.items())
    name, how = f"reconcile {many.store}", f"{many.requests} requests, {few.requests} to compare"
    details = (
        (
            f"{many.events} log lines, {many.traces} traces, sent at {many.rate:.0f} a second; "
            f"peak RSS {many.rss_mb:.0f} MB ({few.requests} requests: {few.rss_mb:.0f} MB)"
        ),
        f"count queries: {asked}; pages: {pages}; judging {many.judging_s:.2f} s",
        f"gathered again, with everything there: {many.again_s:.2f} s",
    )
    same = sum(abs(many.counts[s] - few.counts.get(s, 0)) for s in many.counts)
    return [
        Figure(name, "last signal in to number and identity judged", many.counted_s, "s", how,
               bound=BOUND_S[many.store], details=details,
               noise=f"{few.requests} requests: {few.counted_s:.2f} s, one run"),
        Figure(name, "… to every span judged as well", many.whole_s, "s", how,
               noise=f"{few.requests} requests: {few.whole_s:.2f} s, one run"),
        Figure(name, "count queries, over those for few requests",
               1.0 + same / max(1, sum(few.counts.values())), "×", f"{asked}", bound=1.0,
               noise="counted"),
    ]  # fmt: skip


def with_jaeger(requests: int = MANY) -> list[Figure]:
    """With Jaeger, which runs where no Tempo is on PATH."""
    return figures(in_its_own_process(FEW, None), in_its_own_process(requests, None))


def with_tempo(requests: int = MANY) -> list[Figure]:
    """With Tempo, where a binary is at hand; nothing is measured where there is none."""
    binary = os.environ.get("SMOKESTACK_TEMPO_BINARY") or str(BY_HAND)
    if not Path(binary).is_file():
        progress("reconcile: no Tempo binary at hand (SMOKESTACK_TEMPO_BINARY), so Jaeger alone")
        return []
    return figures(in_its_own_process(FEW, binary), in_its_own_process(requests, binary))


def main() -> None:
    """Measure one cell and print it as JSON."""
    parser = argparse.ArgumentParser(description="One cell of the reconcile benchmark.")
    parser.add_argument("--requests", type=int, default=MANY)
    try:
        print(json.dumps(asdict(cell(parser.parse_args().requests))))
    except SmokestackError as error:
        sys.exit(f"reconcile: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
