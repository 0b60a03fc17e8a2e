"""What the servers saw of the requests while the run went on, to be shown beside what was sent."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from smokestack.clients import Clients
from smokestack.drive import queries
from smokestack.errors import ObservationError
from smokestack.results import LoadInfo, OverTime, SeenOverTime, StatusCounts
from smokestack.samples import Series
from smokestack.system import System, given

MOST_STEPS = 300
"""Steps over a whole run: more than a chart is wide, and few enough to be asked for at once."""

CLASS = re.compile(r"[1-5](\d\d|xx)", re.IGNORECASE)
"""A status, or a class of them, as applications write it into labels."""


def seen_over_time(
    system: System,
    clients: Clients,
    loads: Sequence[LoadInfo],
    run_id: str,
    until: float,
    scrape_s: float,
) -> tuple[SeenOverTime, ...]:
    """What Prometheus counted and Loki has, of the requests to the application's entry, by status:
    one query each. `until` is in seconds since the epoch, `scrape_s` the interval of scrapes: no
    step is shorter. Who cannot be asked is left out.
    """
    sent = [load for load in loads if load.requests]
    if not sent:
        return ()
    start = math.floor(min(load.started_at for load in sent))
    step = max(1, math.ceil(scrape_s), math.ceil((until - start) / MOST_STEPS))
    span = Span(start, step, math.ceil((until - start) / step))
    asked: dict[str, Callable[[], Iterable[Count]]] = {
        "prometheus": lambda: _growth(_counted(system, clients, sent, span), start)
    }
    if system.logs:
        asked["loki"] = lambda: _values(_logged(system, clients, sent, run_id, span))
    found = []
    for server, ask in asked.items():
        with suppress(ObservationError):
            found.append(SeenOverTime(server, start, span.of(ask())))
    return tuple(one for one in found if one.over_time.by)


Count = tuple[str, float, float]
"""A status, the end of a step, and how many there were in it."""


@dataclass(frozen=True)
class Span:
    """Since when is asked (seconds since the epoch), in how many steps of how many seconds."""

    start: float
    step: int
    steps: int

    @property
    def end(self) -> float:
        """The end of the last step, which may be yet to come."""
        return self.start + self.step * self.steps

    def of(self, counts: Iterable[Count]) -> OverTime:
        """Counts by status; a value at the end of a step belongs to that step."""
        rows: dict[int, list[int]] = {}
        for text, at, count in counts:
            index = round((at - self.start) / self.step) - 1
            if 0 <= index < self.steps and count:
                status = int(re.sub("x", "0", text, flags=re.IGNORECASE))
                rows.setdefault(status, [0] * self.steps)[index] += round(count)
        by = tuple(StatusCounts(status, tuple(row)) for status, row in sorted(rows.items()))
        return OverTime(float(self.step), by)


def _counted(
    system: System, clients: Clients, sent: Sequence[LoadInfo], span: Span
) -> list[Series]:
    labels, entry = system.metrics.labels, json.dumps(system.application.entry)
    routes = sorted({re.escape(row["route"]) for one in sent for row in one.by})
    matcher = f"{labels.route}=~{json.dumps('|'.join(routes))}"
    selector = f"{system.metrics.requests}{{job={entry},{matcher}}}"
    query = f"sum by ({labels.status}) ({selector})"
    return clients.prometheus.range(query, span.start, span.end, span.step)


def _logged(
    system: System, clients: Clients, sent: Sequence[LoadInfo], run_id: str, span: Span
) -> list[Series]:
    query = queries.log_count(system, run_id, [load.name for load in sent], span.step)
    label = given(system.logs).service_label
    found = clients.loki.range(query, span.start, span.end, span.step)
    return [one for one in found if one.labels.get(label) == system.application.entry]


def _by_status(samples: Iterable[Series]) -> dict[str, list[Series]]:
    """Samples of each status, in the order of time."""
    found: dict[str, list[Series]] = {}
    for one in samples:
        status = next((v for v in one.labels.values() if CLASS.fullmatch(v)), "")
        found.setdefault(status, []).append(one)
    return {status: sorted(of, key=lambda one: one.at) for status, of in found.items() if status}


def _growth(samples: Iterable[Series], start: float) -> Iterable[Count]:
    """A counter that begins after `start` began at 0; one that fell was reset."""
    for status, of in _by_status(samples).items():
        nought = [Series("", {}, 0.0, start)] if of[0].at > start else []
        for earlier, later in pairwise([*nought, *of]):
            yield status, later.at, max(0.0, later.value - earlier.value)


def _values(samples: Iterable[Series]) -> Iterable[Count]:
    for status, of in _by_status(samples).items():
        for one in of:
            yield status, one.at, one.value
