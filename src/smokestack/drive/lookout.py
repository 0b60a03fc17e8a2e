"""Asks Prometheus, Alertmanager and the receiver over and over, once for all who want to know.

Alerts that are lived through at once would else each ask the same three servers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from smokestack.alerting import AlertSeen, Notification
from smokestack.clients import Clients
from smokestack.errors import ObservationError
from smokestack.wait import POLL_S


@dataclass(frozen=True)
class Look:
    """What one round of questions saw, and when it ended. `error` is why it saw nothing."""

    at: float
    rules: tuple[AlertSeen, ...] = ()
    held: tuple[AlertSeen, ...] = ()
    notifications: tuple[Notification, ...] = ()
    error: ObservationError | None = None


@dataclass
class Lookout:
    """Tells each look to everybody who listens; asks nothing while nobody does."""

    clients: Clients
    _listeners: list[Callable[[Look], None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    @contextmanager
    def told(self, listener: Callable[[Look], None]) -> Iterator[None]:
        """Tell `listener` every look, in a thread of the lookout's own, while the block runs."""
        with self._lock:
            self._listeners.append(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alert lookout", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def _run(self) -> None:
        pause = threading.Event()
        while listeners := self._present():
            look = self.look()
            for listener in listeners:
                listener(look)
            pause.wait(POLL_S)

    def _present(self) -> list[Callable[[Look], None]]:
        """Everybody who listens; with the last one the thread ends."""
        with self._lock:
            if not self._listeners:
                self._thread = None
            return list(self._listeners)

    def look(self) -> Look:
        """One round of questions."""
        try:
            rules = tuple(self.clients.prometheus.alerts())
            held = tuple(self.clients.alertmanager.alerts())
            notifications = tuple(self.clients.webhook.notifications())
        except ObservationError as error:
            return Look(time.time(), error=error)
        return Look(time.time(), rules, held, notifications)
