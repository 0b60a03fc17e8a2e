"""Waiting until every server of a stack says that it is ready, whatever it runs in."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from smokestack.errors import NotReady, StackError, Unreachable
from smokestack.wait import until

READY = " to be ready"
"""What the wait for a server that starts is for: its name, and this."""


@dataclass
class Readiness:
    """One wait for many servers; the first that fails ends all at once.

    `ask` says whether one is ready; `check` raises StackError when a server is gone;
    `particulars` is what a person needs to look into one that did not come up. Seconds count from
    `started`.
    """

    ask: Callable[[str], bool]
    url_of: Callable[[str], str]
    check: Callable[[str], None]
    particulars: Callable[[str], str]
    within_s: float
    started: float
    ready_of: dict[str, float] = field(default_factory=dict)
    _failed: list[StackError] = field(default_factory=list)

    def await_all(self, names: Iterable[str]) -> dict[str, float]:
        """Seconds to ready, by name. Raises the first StackError."""
        waiting = list(names)
        with ThreadPoolExecutor(max(1, len(waiting))) as pool:
            try:
                list(pool.map(self._await, waiting))
            except KeyboardInterrupt:
                self._failed.append(StackError("interrupted"))
                raise
        if self._failed:
            raise self._failed[0]
        return self.ready_of

    def _await(self, name: str) -> None:
        try:
            self._await_one(name)
        except StackError as error:
            self._failed.append(error)

    def _await_one(self, name: str) -> None:
        url = self.url_of(name)

        def ready() -> bool:
            self.check(name)
            return bool(self._failed) or self.ask(name)

        waited = until(ready, within_s=self.within_s, what=f"{name}{READY}")
        if not waited.met:
            seen = waited.polls[-1].seen if waited.polls else "nothing"
            raise NotReady(
                f"{name} did not become ready in {self.within_s:.0f} s at {url}; "
                f"last seen: {seen}\n{self.particulars(name)}",
                hint="look at its log, or give it longer with --start-timeout",
                server=name,
            )
        self.ready_of[name] = time.monotonic() - self.started


def takes_connections(url: str) -> bool:
    """Whether somebody listens at `tcp://host:port`. Raises Unreachable where nobody does."""
    host, _, port = url.removeprefix("tcp://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=CONNECT_S):
            return True
    except OSError as error:
        raise Unreachable(f"{url}: {error}") from error


CONNECT_S = 2.0
"""Seconds in which a connection must be taken."""
