"""Asks the example queries of a system's documents, once its traffic has arrived.

As those of panels: all at once, over the run so far, at the stack's pace. Beyond that, one or two
queries for each whose values or whose count must be something.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from smokestack.clients import Clients
from smokestack.drive.arrivals import Sent
from smokestack.drive.panel_queries import at_pace
from smokestack.drive.panels import AT_ONCE, Panels
from smokestack.drive.queries import SLACK_S, marked
from smokestack.drive.slis import around
from smokestack.errors import ObservationError, Refused
from smokestack.judge.counters import ScrapeWindow
from smokestack.panels import ExampleSeen, PanelAnswer, PanelQuery
from smokestack.system import Query, Requests, System, given
from smokestack.wait import Waited

FILE = Path("system.yaml")
_KEYS = ("method", "route", "status")


@dataclass(frozen=True)
class Examples:
    """Asks example queries. `since` is when the run began, `factor` that of its pace."""

    system: System
    clients: Clients
    sent: Sent
    windows: Sequence[ScrapeWindow]
    since: float
    factor: float

    def seen(self, queries: Sequence[Query], within_s: float) -> Waited[Mapping[str, ExampleSeen]]:
        """What each gives, by name. One without data is asked again, `within_s` seconds long."""
        planned = [self._planned(number, one) for number, one in enumerate(queries)]
        answered = Panels(self.clients, self.since).answers(planned, within_s)
        pairs = zip(queries, answered.value or (), strict=True)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="examples") as pool:
            found = list(pool.map(lambda pair: self._told(*pair), pairs))
        by_name = {one.name: seen for one, seen in zip(queries, found, strict=True)}
        return replace(answered, value=by_name)  # type: ignore[arg-type, return-value]

    def _planned(self, number: int, one: Query) -> PanelQuery:
        text = at_pace(one.query, one.server, self.factor, instant=False)
        return PanelQuery(
            "", FILE, number, one.name,
            text=text, source=one.server, kind=one.server, excused=one.empty or "",
        )  # fmt: skip

    def _told(self, one: Query, answer: PanelAnswer) -> ExampleSeen:
        seen = ExampleSeen(answer)
        if not answer.has_data:
            return seen
        try:
            if one.bounded:
                return replace(seen, values=self._values(one))
            if one.requests:
                return self._counted(one, seen)
        except Refused as refused:
            return replace(seen, unknown=refused.said)
        except ObservationError as error:
            return replace(seen, unknown=error.message)
        return seen

    def _values(self, one: Query) -> tuple[float, ...]:
        """Its values now: as it stands, since the traffic is over."""
        logs = one.server == "loki"
        ask = self.clients.loki.count if logs else self.clients.prometheus.instant
        return tuple(series.value for series in ask(one.query, time.time()))

    def _counted(self, one: Query, seen: ExampleSeen) -> ExampleSeen:
        if one.server == "loki":
            return replace(seen, counted=self._lines(one))
        moments = around(self.windows)
        if moments is None:
            return replace(seen, unknown="no successful scrape before and after the traffic")
        text = f"sum(\n{one.query}\n)"
        before, after = (self.clients.prometheus.value(text, at) for at in moments)
        return replace(seen, grown=None if after is None else after - (before or 0.0))

    def _lines(self, one: Query) -> Mapping[tuple[str, str, str, str], float]:
        """The access events of this run among its lines."""
        text = counting(self.system, one, self.sent, self.sent.window_s(2 * SLACK_S))
        service = given(self.system.logs).service_label
        found: dict[tuple[str, str, str, str], float] = {}
        for one_of in self.clients.loki.count(text, time.time() + SLACK_S):
            method, route, status = (one_of.labels.get(f"of_{key}", "") for key in _KEYS)
            found[one_of.labels.get(service, ""), method, route, status] = one_of.value
        return found


def counting(system: System, one: Query, sent: Sent, window_s: float) -> str:
    """A log query, put so that it counts the access events of a run by request."""
    names, access = given(system.logs).names, given(system.logs).access
    asked = one.requests or Requests()
    only, event = asked.load, asked.event or access.value
    ours = marked(sent.run_id, [only] if only else sent.loads)
    fields = {"of_event": access.field} | {f"of_{key}": getattr(names, key) for key in _KEYS}
    told = ", ".join(f"{name}={json.dumps(field)}" for name, field in fields.items())
    return (
        f"sum by ({given(system.logs).service_label}, {', '.join(f'of_{key}' for key in _KEYS)}) "
        f"(count_over_time({one.query.strip()} {ours} | json {told} "
        f"| of_event=`{event}` [{window_s:.0f}s]))"
    )
