"""Sends the queries of panels to the servers behind Grafana, some at once, and counts what comes.

A range query is asked up to now, from the start of the run or of the dashboard's own time range,
whichever is later: what it gives is of this run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from smokestack.clients import Clients
from smokestack.errors import ObservationError, Refused
from smokestack.observe.tempo import Tempo
from smokestack.panels import PanelAnswer, PanelQuery, Tally
from smokestack.wait import Waited, until

AT_ONCE = 8
"""Queries on their way at the same time: Prometheus carries out 20 at once, Loki 32."""
POINTS = 100
"""Points over which a range query is asked."""
LEAST_STEP_S = 0.05
LINES = 10
"""Lines of a log query, and traces of a search, that are looked at: one is enough."""
AGAIN_S = 0.25


@dataclass(frozen=True)
class Asking:
    """One way to ask a query, and the command that asks it again."""

    ask: Callable[[], Tally]
    repeat: str


@dataclass
class Panels:
    """Asks the queries of panels. `since` is when the run began, in seconds since the epoch."""

    clients: Clients
    since: float
    _answers: dict[int, PanelAnswer] = field(default_factory=dict)

    def answers(
        self, queries: Sequence[PanelQuery], within_s: float
    ) -> Waited[tuple[PanelAnswer, ...]]:
        """What each query gives. One that gives nothing is asked again, `within_s` seconds long:
        a rate needs a second scrape. What was refused is not, nor what may be empty.
        """
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="panels") as pool:

            def ask() -> tuple[PanelAnswer, ...]:
                open_ = [n for n in range(len(queries)) if not self._settled(n)]
                for number, answer in zip(
                    open_, pool.map(self.ask, (queries[n] for n in open_)), strict=True
                ):
                    self._answers[number] = answer
                return tuple(self._answers[n] for n in range(len(queries)))

            return until(
                ask,
                lambda _: all(map(self._settled, range(len(queries)))),
                within_s=within_s,
                every_s=AGAIN_S,
                describe=lambda seen: f"{sum(a.has_data for a in seen)} of {len(seen)} give data",
                what="panels with data",
            )

    def _settled(self, number: int) -> bool:
        answer = self._answers.get(number)
        if answer is None:
            return False
        query = answer.query
        final = query.wrong or query.unasked or answer.refused
        return bool(answer.has_data or final or (query.excused and not answer.error))

    def ask(self, query: PanelQuery) -> PanelAnswer:
        """Ask one query once. Never raises: what went wrong is in the answer."""
        if query.wrong or query.unasked:
            return PanelAnswer(query)
        asking = self._asking(query)
        try:
            found = asking.ask()
        except Refused as refused:
            return PanelAnswer(query, refused=refused.said, repeat=asking.repeat)
        except ObservationError as error:
            return PanelAnswer(query, error=error.message, repeat=asking.repeat)
        return PanelAnswer(query, found, repeat=asking.repeat)

    def _range(self, query: PanelQuery) -> tuple[float, float, float]:
        """From when to when it is asked, and the step, in seconds."""
        end = time.time()
        start = max(end - query.range_s, self.since)
        return start, end, max((end - start) / POINTS, LEAST_STEP_S)

    def _asking(self, query: PanelQuery) -> Asking:
        start, end, step = self._range(query)
        return {"prometheus": self._prometheus, "loki": self._loki, "tempo": self._tempo}[
            query.kind
        ](query, start, end, step)

    def _prometheus(self, query: PanelQuery, start: float, end: float, step: float) -> Asking:
        prometheus, text = self.clients.prometheus, query.text
        if query.instant:
            return Asking(partial(prometheus.tally, text, end), prometheus.repeat(text, end))
        return Asking(
            partial(prometheus.tally_range, text, start, end, step),
            prometheus.repeat_range(text, start, end, step),
        )

    def _loki(self, query: PanelQuery, start: float, end: float, step: float) -> Asking:
        loki, text = self.clients.loki, query.text
        if query.instant:
            return Asking(partial(loki.tally, text, end), loki.repeat(text, end))
        return Asking(
            partial(loki.tally_range, text, start, end, step, LINES),
            loki.repeat_range(text, start, end, step, LINES),
        )

    def _tempo(self, query: PanelQuery, start: float, end: float, _: float) -> Asking:
        store = self.clients.traces
        if not isinstance(store, Tempo):
            raise TypeError(f"{store.name} was to be asked in TraceQL")  # the planner's mistake
        return Asking(
            partial(store.matching, query.text, start, end, LINES),
            store.repeat_matching(query.text, start, end, LINES),
        )
