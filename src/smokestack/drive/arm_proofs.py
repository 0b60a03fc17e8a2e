"""Does each arm give what it says, and nothing else? A few requests of known traces tell."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from smokestack import wait
from smokestack.drive.arms import Arm
from smokestack.errors import ObservationError
from smokestack.observe.traces import TraceStore
from smokestack.system.overhead import Overhead

REQUESTS = 3
"""Of each route, to each arm."""
LINES_S = 2.0
SPAN_DELAY_S = 5.0
"""For how long the SDK of OpenTelemetry keeps spans back at most, where nothing else is said."""


@dataclass
class Proofs:
    """What each arm was seen to give. `counter` is the metric that its /metrics must have.

    Begun before the rounds and ended after them: spans take their time, and what is not there by
    then never was.
    """

    section: Overhead
    counter: str
    store: TraceStore | None
    within_s: float
    _metrics: dict[str, bool] = field(default_factory=dict)
    _logs: dict[str, bool | None] = field(default_factory=dict)
    _ids: dict[str, list[str]] = field(default_factory=dict)

    def begin(self, arms: Sequence[Arm]) -> None:
        """Ask each arm a few times, and see whether it writes lines and exposes metrics. Raises
        ObservationError where one cannot be asked.
        """
        before = {arm.name: len(arm.lines()) for arm in arms}
        for arm in arms:
            self._ids[arm.name] = [self._send(arm, *one) for one in self._requests()]
        wait.until(
            lambda: all(self._wrote(arm, before[arm.name]) for arm in arms if self._is_to(arm)),
            within_s=LINES_S,
            what="lines of the arms",
        )
        for arm in arms:
            known = arm.child is not None
            self._logs[arm.name] = self._wrote(arm, before[arm.name]) if known else None
            reply = arm.edge.send("GET", self.section.metrics)
            self._metrics[arm.name] = reply.is_success and self.counter in reply.text

    def end(self, arms: Iterable[Arm]) -> dict[str, dict[str, bool | None]]:
        """Signal by signal, of each arm. Waits for spans where some are to come."""
        names = [arm.name for arm in arms if arm.name in self._ids]
        to_come = [name for name in names if name in ("traces", "all")]
        if self.store is not None and to_come:
            wait.until(
                lambda: all(map(self._has_spans, to_come)),
                within_s=self.within_s + SPAN_DELAY_S,
                what="traces of the arms",
            )
        return {
            name: {
                "metrics": self._metrics[name],
                "logs": self._logs[name],
                "traces": None if self.store is None else self._has_spans(name),
            }
            for name in names
        }

    def _is_to(self, arm: Arm) -> bool:
        return arm.child is not None and arm.name in ("logs", "all")

    def _requests(self) -> list[tuple[str, str]]:
        return [(one.method, one.path) for one in self.section.routes.named().values()] * REQUESTS

    def _send(self, arm: Arm, method: str, path: str) -> str:
        trace_id = secrets.token_hex(16)
        parent = f"00-{trace_id}-{secrets.token_hex(8)}-01"
        shown = path.partition("?")[0]
        reply = arm.edge.send(method, path, shown=shown, headers={"traceparent": parent})
        arm.edge.checked(reply, shown)
        return trace_id

    def _wrote(self, arm: Arm, before: int) -> bool:
        return len(arm.lines()) - before >= len(self._requests())

    def _has_spans(self, name: str) -> bool:
        store = self.store
        if store is None:
            raise ObservationError("this stack has no trace store")
        return any(
            (found := store.by_id(one)) is not None and found.spans for one in self._ids[name]
        )
