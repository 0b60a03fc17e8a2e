"""Reads lines back from a second Loki that runs on a copy of what the first one has stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from smokestack.drive.arrivals import Sent
from smokestack.drive.queries import SLACK_S, log_count
from smokestack.observe.loki import Loki
from smokestack.samples import Series
from smokestack.system import System
from smokestack.wait import Waited, until


@dataclass(frozen=True)
class ReadBack:
    """What the second Loki counted, once it was ready."""

    ready: Waited[bool]
    query: str
    counted: Sequence[Series]


def read_back(loki: Loki, system: System, sent: Sent, ready_s: float) -> ReadBack:
    """Ask a Loki that is just starting for the access events of the run's traffic. It has replayed
    its log by the time that it is ready, so it is asked once.
    """
    query = log_count(system, sent.run_id, sent.loads, sent.window_s(2 * SLACK_S))
    ready = until(loki.ready, within_s=ready_s, what="the restored Loki")
    counted = loki.count(query, time.time() + SLACK_S) if ready.met else []
    return ReadBack(ready, query, counted)
