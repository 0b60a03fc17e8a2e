"""What reconciling 20,000 requests takes, against 50: seconds, queries, pages, memory. And
whether 100,000 reconcile exactly, with how much memory.

Each cell (trace store, number of requests) is a process of its own: a real native stack at pace
fast, the `steady` mix as fast as it goes, then what the suites do. The clock starts when the last
signal is in: the closing scrape is over, and Loki and the trace store have received what they were
sent, as an observer saw it who asks their own counters; a store that counts must also have been
seen to find every trace. It stops when number and identity of all three signals and the joins by
id are judged. Looking into every line (fields, times, order) and every span (completeness,
attributes, correlation id) is timed apart: a search of Tempo returns whole traces at a price.

Count queries are counted in a second gathering, when nothing need be waited for: the first has as
many more as it polls. A page is one query of identity. Of 100,000 requests there is one gathering.

Memory is the peak of the resident set of the harness' process, the modules that it imports
included; servers and scenarios are processes of their own. The kernel keeps that peak
(`ru_maxrss`), so that nothing falls between two readings.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.figure import COUNTED, ROOT, Figure, NotMeasured, progress
from benchmarks.reconcile_cell import Cell, cell, longest
from smokestack.errors import SmokestackError

FEW, MANY, HUGE = 50, 20_000, 100_000
BOUND_MB = 300.0
"""Peak memory of the harness with `HUGE` requests."""
BOUND_S = {"tempo": 3.0, "jaeger": 10.0}
CELL_S = 570.0
"""The most that a cell of `MANY` requests may take in all, in seconds."""
BY_HAND = Path(os.environ.get("SMOKESTACK_BENCH_TEMPO", "/tmp/tempo-build/tempo"))  # noqa: S108


def in_its_own_process(total: int, tempo: str | None, *, again: bool = True) -> Cell:
    """Measure one cell in a fresh process, gathering twice or once."""
    env = dict(os.environ)
    env.pop("SMOKESTACK_TEMPO_BINARY", None)
    if tempo:
        env["SMOKESTACK_TEMPO_BINARY"] = tempo
    argv = [sys.executable, "-m", "benchmarks.reconcile", "--requests", str(total)]
    argv += [] if again else ["--once"]
    within_s = longest(CELL_S, total)
    try:
        done = subprocess.run(
            argv,
            cwd=ROOT,
            env=env,
            check=False,
            stdout=subprocess.PIPE,
            text=True,
            timeout=within_s,
        )
    except subprocess.TimeoutExpired as error:
        raise NotMeasured(f"{total} requests were not done in {within_s:.0f} s") from error
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
        Figure(name, "… to every line and span judged as well", many.whole_s, "s", how,
               noise=f"{few.requests} requests: {few.whole_s:.2f} s, one run"),
        Figure(name, "count queries, over those for few requests",
               1.0 + same / max(1, sum(few.counts.values())), "×", f"{asked}", bound=1.0,
               noise=COUNTED),
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


def exactly(requests: int = HUGE) -> list[Figure]:
    """Very many requests: the peak of memory, once every one of them was accounted for."""
    one = in_its_own_process(requests, None, again=False)
    return [
        Figure(
            "reconcile-many",
            "peak memory of the harness",
            one.rss_mb,
            "MB",
            f"{one.requests} requests, {one.store}: ru_maxrss of the process",
            bound=BOUND_MB,
            noise=f"{one.imported_mb:.0f} MB of it for imported modules; one run",
            details=(
                f"{one.events} log lines, {one.traces} traces, sent at {one.rate:.0f} a second",
                f"all judged {one.whole_s:.0f} s after the last signal was in",
                *(f"{name}: {summary}" for name, summary in one.judged.items()),
            ),
        )
    ]


def main() -> None:
    """Measure one cell and print it as JSON."""
    parser = argparse.ArgumentParser(description="One cell of the reconcile benchmark.")
    parser.add_argument("--requests", type=int, default=MANY)
    parser.add_argument("--once", action="store_true", help="gather once, not twice")
    chosen = parser.parse_args()
    try:
        print(json.dumps(asdict(cell(chosen.requests, again=not chosen.once))))
    except SmokestackError as error:
        sys.exit(f"reconcile: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
