"""What keeping the ledger costs Locust: requests per second with it, against those without.

Many short rounds, A B B A and B A A B in turn, over the same closed loop and against a server that
answers at once: A keeps no ledger, B keeps one. The budget is B/A: at least 0.90. Single runs
scatter by a fifth on a shared machine, so the ratio is paired within rounds and comes with a 95%
bootstrap interval; A against A shows the noise. An interval that has the budget in it is
`unresolved`, and a ratio clearly above 1 is a fault of the measurement: a ledger cannot speed up.
By hand, `python -m benchmarks.ledger_cost --bare` adds Locust alone with the same requests (no
marks, no schedule, no ledger).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure, progress

HERE = Path(__file__).parent
SMOKE = HERE.parent / "scenarios" / "smoke.py"
BUDGET = 0.90
USERS = 5

BARE = """
from itertools import count
import gevent
from locust import FastHttpUser, task
from locust.exception import StopUser

PATHS = [p for n in range(1, 26) for p in (("/api/v1/health", "/api/v1/health"),
                                           (f"/api/v1/orders/{n}", "/api/v1/orders/{order_id}"))]
turns, answers = count(), count(1)

class Bare(FastHttpUser):
    @task
    def one(self):
        turn = next(turns)
        if turn >= TOTAL:
            raise StopUser
        path, name = PATHS[turn % len(PATHS)]
        self.client.get(path, name=name, headers={"x-tenant-id": "smoketest"})
        if next(answers) == TOTAL:
            gevent.spawn(self.environment.runner.quit)
"""


@dataclass(frozen=True)
class Run:
    """One run of one arm: requests per second."""

    rate: float


@contextmanager
def server() -> Iterator[str]:
    """The tiny server's URL, as long as the block lasts."""
    argv = [sys.executable, str(HERE / "tiny_server.py")]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None  # noqa: S101
        assert process.stdin is not None  # noqa: S101
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


def run(arm: str, host: str, total: int, directory: Path) -> Run:
    """Run one arm once; the rate is Locust's own, for all arms alike."""
    bare = directory / "bare.py"
    bare.write_text(BARE.replace("TOTAL", str(total)))
    ledger = "off" if arm == "A" else str(directory / "ledger.jsonl")
    argv = [sys.executable, "-m", "locust", "-f", str(bare if arm == "C" else SMOKE)]
    argv += ["--headless", "--only-summary", "--json", "--host", host, "-L", "ERROR"]
    argv += ["-u", str(USERS), "-r", str(USERS)]
    env = {"SMOKESTACK_LEDGER": ledger, "SMOKESTACK_TOTAL": str(total)}
    done = subprocess.run(
        argv,
        env=os.environ | env,
        cwd=directory,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    entries = json.loads(done.stdout)
    if (sent := sum(entry["num_requests"] for entry in entries)) != total:
        raise SystemExit(f"arm {arm} sent {sent} requests of {total}: {done.stderr}")
    began = min(entry["start_time"] for entry in entries)
    span = max(entry["last_request_timestamp"] for entry in entries) - began
    return Run(total / span)


def one_round(host: str, total: int, directory: Path, order: str) -> dict[str, list[Run]]:
    """The arms in the given order."""
    arms: dict[str, list[Run]] = {arm: [] for arm in order}
    for arm in order:
        arms[arm].append(run(arm, host, total, directory))
    return arms


def ratio(over: list[Run], under: list[Run]) -> float:
    """Mean rate of one arm over that of another, in the same round."""
    return sum(r.rate for r in over) / sum(r.rate for r in under)


def interval(ratios: list[float]) -> tuple[float, float]:
    """The 95% bootstrap interval of the median."""
    dice = random.Random(1)
    medians = sorted(median(dice.choices(ratios, k=len(ratios))) for _ in range(4000))
    return medians[100], medians[-101]


def verdict(low: float, high: float) -> str:
    """What the interval allows to say about the budget."""
    if low > 1:
        return "not believed: faster with a ledger than without"
    if low >= BUDGET:
        return "within budget"
    return "over budget" if high < BUDGET else "unresolved: more rounds, or a quieter machine"


def show(name: str, ratios: list[float]) -> tuple[float, float]:
    """Print a ratio with its interval."""
    low, high = interval(ratios)
    print(f"{name:<28}{median(ratios):.3f}  (95%: {low:.3f} to {high:.3f}, {len(ratios)} rounds)")
    return low, high


def measure(rounds: int = 24, total: int = 5_000) -> list[Figure]:
    """The ratio with its interval, for the table of all benchmarks."""
    with server() as host, tempfile.TemporaryDirectory() as directory:
        run("B", host, total, Path(directory))  # warms caches; not counted
        arms = []
        for number in range(rounds):
            progress(f"ledger-cost: round {number + 1} of {rounds}")
            arms.append(one_round(host, total, Path(directory), ("ABBA", "BAAB")[number % 2]))
    ratios = [ratio(one["B"], one["A"]) for one in arms]
    same = [one["A"][0].rate / one["A"][1].rate for one in arms]
    low, high = interval(ratios)
    rates = {arm: median(r.rate for one in arms for r in one[arm]) for arm in "AB"}
    return [
        Figure(
            "ledger-cost",
            "requests/s with a ledger, over those without",
            median(ratios),
            "×",
            f"{rounds} rounds ABBA of {total} requests, paired; without {rates['A']:.0f}/s, "
            f"with {rates['B']:.0f}/s",
            bound=BUDGET,
            at_least=True,
            interval=(low, high),
            noise=f"A/A {median(same):.2f}, {min(same):.2f} to {max(same):.2f}",
            details=(verdict(low, high),),
        )
    ]


def main() -> None:
    """Print the ratios and what they allow to say."""
    parser = argparse.ArgumentParser(description="What keeping the ledger costs Locust.")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--total", type=int, default=5_000)
    parser.add_argument("--bare", action="store_true")
    options = parser.parse_args()
    orders = ("ABCCBA", "BACCAB") if options.bare else ("ABBA", "BAAB")
    with server() as host, tempfile.TemporaryDirectory() as directory:
        run("B", host, options.total, Path(directory))  # warms caches; not counted
        rounds = [
            one_round(host, options.total, Path(directory), orders[n % 2])
            for n in range(options.rounds)
        ]
    rates = {arm: median(r.rate for one in rounds for r in one[arm]) for arm in rounds[0]}
    print("median requests/s:", ", ".join(f"{arm} {rate:.0f}" for arm, rate in rates.items()))
    show("A/A, the noise", [one["A"][0].rate / one["A"][1].rate for one in rounds])
    if options.bare:
        show("marks and schedule (A/C)", [ratio(one["A"], one["C"]) for one in rounds])
    low, high = show("ledger-keeping (B/A)", [ratio(one["B"], one["A"]) for one in rounds])
    print(f"budget {BUDGET:.2f} or more: {verdict(low, high)}")


if __name__ == "__main__":
    main()
