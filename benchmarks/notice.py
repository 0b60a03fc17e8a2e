"""How long after a server has the answer a check notices.

A tiny HTTP server changes its answer at a moment that only it knows; the check asks it as checks
do: an `Edge`, `wait.until`, its own interval. The moments fall at random phases of that interval.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median, quantiles
from typing import Any

from benchmarks.figure import Figure, NotMeasured, interval, progress
from smokestack.endpoints import Endpoint
from smokestack.observe.edge import CallLog, Edge
from smokestack.wait import POLL_S, until

TRIALS = 240
BOUND_MS = 100.0
WITHIN_S = 5.0


@dataclass
class Flip:
    """The answer is `true` from `at` on, on the monotonic clock of this process."""

    at: float = 0.0
    port: int = field(default=0)


@contextmanager
def flipping() -> Iterator[Flip]:
    """A server on loopback, as long as the block lasts."""
    flip = Flip()

    class Handler(BaseHTTPRequestHandler):
        """Answers any GET with whether the moment has come."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """Say it as Prometheus would: JSON."""
            body = json.dumps({"data": time.monotonic() >= flip.at}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: the table is what is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    flip.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, name="flip", daemon=True)
    thread.start()
    try:
        yield flip
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def trial(edge: Edge, flip: Flip, dice: random.Random) -> float:
    """Milliseconds from the flip to the end of the wait."""
    flip.at = time.monotonic() + dice.uniform(1, 3) * POLL_S
    waited = until(lambda: edge.get_json("/")["data"], within_s=WITHIN_S)
    noticed = time.monotonic()
    if not waited.met:
        raise NotMeasured(f"the flipped answer was not seen: {waited.polls}")
    return (noticed - flip.at) * 1000


def measure(trials: int = TRIALS) -> list[Figure]:
    """The median over many trials."""
    progress(f"notice: {trials} trials")
    dice = random.Random(1)
    with flipping() as flip:
        edge = Edge(Endpoint("flip", f"http://127.0.0.1:{flip.port}"), calls=CallLog())
        try:
            taken = [trial(edge, flip, dice) for _ in range(trials)]
        finally:
            edge.close()
    low, high = interval(median, taken)
    off = median(taken[::2]) - median(taken[1::2])
    return [
        Figure(
            "notice",
            "from answer there to answer noticed, median",
            median(taken),
            "ms",
            f"{trials} flips at random phases of the {POLL_S * 1000:.0f} ms between two questions",
            bound=BOUND_MS,
            interval=(low, high),
            noise=f"A/A {off:+.1f} ms",
            details=((f"95% of all within {quantiles(taken, n=20)[-1]:.0f} ms, "
                     f"the slowest {max(taken):.0f} ms"),),
        )
    ]  # fmt: skip
