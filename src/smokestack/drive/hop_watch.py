"""Watches the hops while a load is on: queues now and then, counters before and after."""

from __future__ import annotations

import time
from dataclasses import replace

from smokestack.clients import Clients
from smokestack.errors import ObservationError
from smokestack.observe import hops, under_pressure
from smokestack.observe.under_pressure import Told, Watched
from smokestack.pressure import Pressure, Queue, Trouble


def watched(clients: Clients) -> tuple[Watched, ...]:
    """Every server that signals pass, in the order of their ways."""
    found = []
    if clients.collector is not None:
        found.append(
            Watched(
                clients.collector,
                under_pressure.COLLECTOR,
                under_pressure.COLLECTOR_CALLS,
                under_pressure.COLLECTOR_QUEUE,
            )
        )
    if clients.container_logs is not None:
        found.append(
            Watched(
                clients.container_logs,
                (replace(hops.COLLECTOR_LOGS, name="container-logs"),),
                under_pressure.COLLECTOR_CALLS,
                under_pressure.COLLECTOR_QUEUE,
            )
        )
    if clients.of_loki is not None:
        found.append(Watched(clients.of_loki.edge, (hops.LOKI,)))
    if clients.trace_metrics is not None and clients.of_traces is not None:
        tempo = clients.of_traces.name == "tempo"
        course, queue = (hops.TEMPO, None) if tempo else (hops.JAEGER, under_pressure.JAEGER_QUEUE)
        found.append(Watched(clients.trace_metrics, (course,), queue=queue))
    found.append(
        Watched(
            clients.prometheus.edge,
            under_pressure.PROMETHEUS,
            queue=under_pressure.PROMETHEUS_QUEUE,
        )
    )
    if clients.of_alertmanager is not None:
        found.append(Watched(clients.of_alertmanager.edge, (hops.ALERTMANAGER,)))
    return tuple(found)


class HopWatch:
    """One load's watch, from its making to `pressure`."""

    def __init__(self, servers: tuple[Watched, ...]) -> None:
        self._servers = servers
        self._unread: dict[str, str] = {}
        self._before = {one.name: told for one in servers if (told := self._told(one)) is not None}
        self._began = time.monotonic()
        self._queues: dict[tuple[str, str], Queue] = {}
        self._looks = 0

    def look(self) -> None:
        """Look at every queue once. A server that is too busy to answer is looked at again."""
        self._looks += 1
        at_s = time.monotonic() - self._began
        for server in self._servers:
            try:
                found = under_pressure.queues(server)
            except ObservationError:
                continue
            for name, (size, capacity) in found.items():
                self._note(Queue(server.name, name, size, capacity, at_s))

    def _note(self, seen: Queue) -> None:
        key = seen.server, seen.name
        if key not in self._queues or seen.peak > self._queues[key].peak:
            self._queues[key] = seen

    def pressure(self) -> Pressure:
        """What came of it: once the signals have arrived, since what is on its way may fail yet."""
        self.look()
        troubles: list[Trouble] = []
        for server in self._servers:
            before, after = self._before.get(server.name), self._told(server)
            if before is not None and after is not None:
                troubles += under_pressure.difference(before, after)
        names = tuple(one.name for one in self._servers)
        queues = tuple(self._queues.values())
        return Pressure(tuple(troubles), queues, tuple(self._unread.values()), self._looks, names)

    def _told(self, server: Watched) -> Told | None:
        try:
            return under_pressure.told(server)
        except ObservationError as error:
            self._unread[server.name] = under_pressure.unread(server, error)
            return None
