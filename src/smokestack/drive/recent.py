"""Reads a sample of what others sent lately, where nothing of ours may be sent.

Three questions go out at once: the latest access events of the entry service, the latest traces,
and the exemplars. Of each a few are chosen, and followed to the other signals: one query for all
lines that name them, one for their traces (with Tempo one for each of them, since its search does
not show a trace whole for sure). However much there is, no more is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from smokestack.clients import Clients
from smokestack.drive.queries import exemplar_selector
from smokestack.errors import ObservationError
from smokestack.judge.access import text_of
from smokestack.judge.others import chosen, told
from smokestack.results import Evidence
from smokestack.samples import Exemplar, Ledger, LogLine, Trace
from smokestack.system import System, given

T = TypeVar("T")

EVENTS = 20
"""Access events of the entry service that are followed."""
TRACES = 10
"""Traces that are followed, and as many exemplars."""
LATEST = 500
"""Access events among which is chosen."""
SLACK_S = 5.0
"""So much earlier and later may the other lines of a request be."""
PLAIN = re.compile(r"[\w.:/+=-]{4,128}")
"""An id that is asked for: any other might be no id, or end the string that it stands in."""


@dataclass(frozen=True)
class Recent:
    """What was read, of requests that began from `since` to `until`. Each signal is there, or why
    it could not be asked for: that is raised when it is looked at.
    """

    since: float
    until: float
    ledger: Ledger
    entry: str
    of_lines: tuple[LogLine, ...] | ObservationError
    of_traces: Mapping[str, Trace] | ObservationError
    of_exemplars: tuple[Exemplar, ...] | ObservationError
    asked: Evidence

    @property
    def requests(self) -> Ledger:
        """The requests that they tell of. Raises ObservationError where there is none."""
        if not self.ledger.requests:
            raise ObservationError(
                f"no signal tells of a request to {self.entry} in the "
                f"{(self.until - self.since) / 60:.0f} minutes that were looked at",
                hint="is it used at all, and may we see its data (tenant, rights)? `look_back` in "
                "the stack file says how far it is looked back",
            )
        return self.ledger

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """Every line of the requests that were chosen. Raises ObservationError."""
        return _there(self.of_lines)

    @property
    def traces(self) -> Mapping[str, Trace]:
        """Their traces, by id. Raises ObservationError."""
        return _there(self.of_traces)

    @property
    def exemplars(self) -> tuple[Exemplar, ...]:
        """The exemplars that were chosen. Raises ObservationError."""
        return _there(self.of_exemplars)


@dataclass(frozen=True)
class Window:
    """From when to when requests are looked for, in seconds since the epoch; and how many rows a
    question may ask for. What is younger may still be on its way.
    """

    since: float
    until: float
    rows: int


def read(system: System, clients: Clients, window: Window) -> Recent:
    """A sample of the requests in a window, by every signal that the stack has."""
    reader = _Reader(system, clients, window)
    with ThreadPoolExecutor(3, thread_name_prefix="recent") as pool:
        events = pool.submit(_or_error, reader.events)
        ids = pool.submit(_or_error, reader.trace_ids)
        exemplars = pool.submit(_or_error, reader.exemplars)
        picked = chosen(system, _or(events.result(), ()), EVENTS) if system.logs else []
        stored = exemplars.result()
        named = reader.ids_of(picked, (*_or(ids.result(), ()), *_traces_of(_or(stored, ()))))
        traces = pool.submit(_or_error, partial(reader.traces, named))
        found = events.result()
        if not isinstance(found, ObservationError):
            found = _or_error(partial(reader.lines, picked, named))
        whole = traces.result()
    ledger = told(system, _or(found, ()), _or(whole, {}), _or(stored, ()))
    asked = _evidence(system, clients, window, len(ledger), found, whole)
    entry = system.application.entry
    return Recent(window.since, window.until, ledger, entry, found, whole, stored, asked)


@dataclass(frozen=True)
class _Reader:
    """Asks each server."""

    system: System
    clients: Clients
    window: Window

    def events(self) -> tuple[LogLine, ...]:
        """The latest access events of the entry service."""
        if self.clients.of_loki is None or self.system.logs is None:
            return ()
        query, number = _events(self.system), min(LATEST, self.window.rows)
        return tuple(self.clients.loki.latest(query, self.window.since, self.window.until, number))

    def trace_ids(self) -> tuple[str, ...]:
        """The latest traces of the entry service."""
        if self.clients.of_traces is None or self.system.traces is None:
            return ()
        store, window = self.clients.traces, self.window
        return tuple(store.latest_ids(window.since, window.until, limit=TRACES))

    def exemplars(self) -> tuple[Exemplar, ...]:
        """The latest exemplars that name a trace."""
        if self.clients.of_traces is None or self.system.traces is None:
            return ()
        selector = exemplar_selector(self.system)
        stored = self.clients.prometheus.exemplars(selector, self.window.since, self.window.until)
        return tuple(sorted(stored, key=lambda one: one.at)[-TRACES:])

    def ids_of(self, picked: Iterable[LogLine], more: Iterable[str]) -> list[str]:
        """The trace ids of access events, and more."""
        name = given(self.system.logs).names.trace_id if self.system.logs else None
        mine = [text_of(line, name) for line in picked] if name else []
        return [one for one in dict.fromkeys((*mine, *more)) if PLAIN.fullmatch(one)]

    def lines(self, picked: Sequence[LogLine], traces: Sequence[str]) -> tuple[LogLine, ...]:
        """Every line that names one of these traces, or the correlation id of an access event."""
        if self.clients.of_loki is None or self.system.logs is None:
            return ()
        name = self.system.logs.names.correlation_id
        joined = [text_of(line, name) for line in picked]
        ids = dict.fromkeys((*traces, *(one for one in joined if PLAIN.fullmatch(one))))
        found: list[LogLine] = []
        if ids:
            query = f"{self.system.logs.selector} |~ `{'|'.join(map(re.escape, ids))}`"
            since, until = self.window.since - SLACK_S, self.window.until + SLACK_S
            rows = min(4 * LATEST, self.window.rows)
            found = self.clients.loki.latest(query, since, until, rows)
        known = {(line.at, line.text) for line in found}
        return (*found, *(line for line in picked if (line.at, line.text) not in known))

    def traces(self, ids: Sequence[str]) -> Mapping[str, Trace]:
        """Those of these traces that there are."""
        if self.clients.of_traces is None or self.system.traces is None:
            return {}
        return self.clients.traces.by_ids(ids)


def _events(system: System) -> str:
    """The access events of the entry service."""
    logs = given(system.logs)
    return (
        f"{logs.selector} | {logs.service_label}=`{system.application.entry}` "
        f'| json event="{logs.access.field}" | event=`{logs.access.value}`'
    )


def _traces_of(exemplars: Iterable[Exemplar]) -> list[str]:
    return [one.trace_id for one in exemplars]


def _evidence(
    system: System,
    clients: Clients,
    window: Window,
    requests: int,
    lines: tuple[LogLine, ...] | ObservationError,
    traces: Mapping[str, Trace] | ObservationError,
) -> Evidence:
    shown = (
        f"{requests} requests of others sampled: {len(_or(lines, ()))} lines, "
        f"{len(_or(traces, {}))} traces"
    )
    wanted = f"some of the last {(window.until - window.since) / 60:.0f} minutes"
    if system.logs is None or clients.of_loki is None:
        return Evidence("sample", "the latest traces", shown, wanted)
    query = _events(system)
    repeat = clients.loki.repeat_lines(query, window.since, window.until)
    return Evidence("sample", query, shown, wanted, repeat)


def _or_error(ask: Callable[[], T]) -> T | ObservationError:
    try:
        return ask()
    except ObservationError as error:
        return error


def _or(found: T | ObservationError, instead: T) -> T:
    return instead if isinstance(found, ObservationError) else found


def _there(found: T | ObservationError) -> T:
    if isinstance(found, ObservationError):
        raise found
    return found
