"""Hears from the engine when a container of a run ends, also one that is restarted at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from smokestack.errors import StackError
from smokestack.samples import Container
from smokestack.stack.engine import Engine

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"


@dataclass(frozen=True)
class Death:
    """A container that ended: of which service, with what exit code, and whether for memory."""

    service: str
    code: int
    out_of_memory: bool

    def __str__(self) -> str:
        if self.out_of_memory:
            return f"was killed because it wanted more memory than its limit (exit {self.code})"
        return f"ended with exit code {self.code}"


class Watch:
    """Listens from now on, in a thread of its own, until `close`."""

    def __init__(self, engine: Engine, run_id: str) -> None:
        self._stream = engine.events(run=run_id)
        self._starved: set[str] = set()
        self._deaths: list[Death] = []
        self._forgiven: Counter[str] = Counter()
        self._closed = False
        self._lost = ""
        self._thread = threading.Thread(target=self._listen, daemon=True, name="container-watch")
        self._thread.start()

    def deaths(self) -> tuple[Death, ...]:
        """Every end so far. Raises StackError when the engine stopped telling."""
        if self._lost:
            raise StackError(f"the container engine went away: {self._lost}")
        return tuple(self._deaths)

    def forgive(self, service: str) -> None:
        """The next end of a container of this service is meant."""
        self._forgiven[service] += 1

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        self._stream.close()
        self._thread.join(2)

    def _listen(self) -> None:
        try:
            for event in self._stream:
                self._hear(event)
        except Exception as error:  # noqa: BLE001 - whatever ends the stream, we hear no more
            self._lost = "" if self._closed else f"{type(error).__name__}: {error}"
            return
        self._lost = "" if self._closed else "it ended its events"

    def _hear(self, event: Mapping[str, Any]) -> None:
        told = event["Actor"]["Attributes"]
        service = told.get(SERVICE, told.get("name", "?"))
        if event["Action"] == "oom":
            self._starved.add(service)
            return
        if self._forgiven[service]:
            self._forgiven[service] -= 1
            return
        code = int(told.get("exitCode") or 0)
        self._deaths.append(Death(service, code, service in self._starved))


def container_of(inspected: Mapping[str, Any], service: str, ends: Iterable[Death]) -> Container:
    """A container from `docker inspect`; Compose writes CPU limits as billionths of a core."""
    host = inspected["HostConfig"]
    nano = host.get("NanoCpus") or 0
    quota, period = host.get("CpuQuota") or 0, host.get("CpuPeriod") or 100_000
    cpus = nano / 1e9 or (quota / period if quota > 0 else 0.0)
    return Container(
        service=service,
        image=inspected["Config"]["Image"],
        memory=host.get("Memory") or None,
        cpus=cpus or None,
        restarts=inspected.get("RestartCount") or 0,
        name=inspected["Name"].lstrip("/"),
        project=(inspected["Config"].get("Labels") or {}).get(PROJECT, ""),
        log_options=dict((host.get("LogConfig") or {}).get("Config") or {}),
        ends=tuple(str(end) for end in ends if end.service == service),
    )
