"""Waits until Loki has as many lines of each container as its engine has.

Containers go on writing, so both are asked about the same span: from the first line that the
engine still has until a moment that has passed. The time of a line is the engine's own on both
sides.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from smokestack.observe.loki import Loki
from smokestack.results import Evidence
from smokestack.samples import Output
from smokestack.wait import Waited, until

PASSED_S = 1.0
"""How long ago the span ended: what a container wrote by then, its engine has noted by now."""
EDGE_MS = 1
"""Loki is asked in whole milliseconds, and of nothing at the very beginning of a span: so much
more, then.
"""


def moment() -> float:
    """Until when both are asked."""
    return time.time() - PASSED_S


@dataclass(frozen=True)
class InLoki:
    """How many lines Loki has of each service, and the questions."""

    waited: Waited[Mapping[str, float]]
    asked: tuple[Evidence, ...]


def await_shipped(
    loki: Loki,
    written: Mapping[str, Output],
    selectors: Mapping[str, str],
    until_s: float,
    within_s: float,
) -> InLoki:
    """Ask until the numbers are the engine's. `written` and `selectors` are by service."""
    queries = {
        service: f"sum(count_over_time({selectors[service]} |~ `\\S` "
        f"[{math.ceil((until_s - output.first_at) * 1000) + EDGE_MS}ms]))"
        for service, output in written.items()
        if output.lines
    }

    def counted() -> Mapping[str, float]:
        return {
            service: sum(one.value for one in loki.count(query, until_s))
            for service, query in queries.items()
        }

    def whole(counts: Mapping[str, float]) -> bool:
        return all(counts[service] == written[service].lines for service in queries)

    waited = until(counted, whole, within_s=within_s, what="the containers' output in Loki")
    seen = waited.value or {}
    asked = tuple(
        Evidence(
            "lines",
            query,
            f"{seen[service]:g} lines" if service in seen else "not asked",
            f"{written[service].lines} lines of {service}, as the engine has them",
            loki.repeat(query, until_s),
        )
        for service, query in queries.items()
    )
    return InLoki(waited, asked)
