"""Sends a span and lines with secrets in them through the collector, and reads what arrived."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from smokestack.clients import Clients
from smokestack.drive.queries import SLACK_S
from smokestack.judge.collector import LINE, Arrived
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.otlp_sender import SentLine, SentSpan
from smokestack.samples import LogLine, Trace
from smokestack.system import System, given
from smokestack.system.collector import PLACE
from smokestack.wait import until

SERVICE = "smokestack-scrubbing"
"""In whose name they are sent: no service of the system, so that they are counted nowhere."""
MARK = "smokestack.mark"


@dataclass(frozen=True)
class _Sent:
    """What is sent: `mark` finds it, `secret` must not be found."""

    mark: str
    secret: str
    trace_id: str
    at: float

    @property
    def query(self) -> str:
        """The lines in Loki."""
        return f'{{service_name="{SERVICE}"}} |= `{self.mark}`'

    @property
    def around(self) -> tuple[float, float]:
        """From when to when they are looked for."""
        return self.at - SLACK_S, self.at + SLACK_S

    def filled(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Attributes with the secret in its place."""
        return {name: text.replace(PLACE, self.secret) for name, text in texts.items()}


def arrived(system: System, clients: Clients, deadlines: Deadlines) -> Arrived:
    """Send, and wait until both stores have it: what of it is there, by where it was found."""
    scrubbing = given(system.collector).scrubbing
    sent = _Sent(
        secrets.token_hex(8), f"s{secrets.token_hex(12)}", secrets.token_hex(16), time.time()
    )
    attributes = {**scrubbing.kept, **sent.filled(scrubbing.attributes), MARK: sent.mark}
    span = SentSpan(sent.trace_id, secrets.token_hex(8), "scrubbing", sent.at, attributes)
    texts = [f"{sent.mark} {line.replace(PLACE, sent.secret)}" for line in scrubbing.lines]
    clients.otlp.send_span(SERVICE, span)
    # A microsecond apart: without their secrets they may read alike, and Loki folds what is alike.
    lines = [SentLine(sent.at + n / 1e6, text, attributes) for n, text in enumerate(texts)]
    clients.otlp.send_lines(SERVICE, lines)
    trace = until(
        lambda: clients.traces.by_id(sent.trace_id),
        within_s=deadlines.traces_s,
        what="the trace with secrets",
    )
    found = until(
        lambda: clients.loki.lines(sent.query, *sent.around),
        lambda there: len(there) >= len(texts),
        within_s=deadlines.logs_s,
        describe=lambda there: f"{len(there)} of {len(texts)} lines",
        what="lines with secrets in Loki",
    )
    for waited in (trace, found):
        if waited.error is not None:
            raise waited.error
    return Arrived(
        sent.secret,
        len(texts),
        _of_trace(trace.value),
        _of_lines(found.value or []),
        sent.query,
        clients.loki.repeat_lines(sent.query, *sent.around),
    )


def _of_trace(trace: Trace | None) -> list[dict[str, str]]:
    """Each span as texts by their names."""
    return [
        {"name": one.name, **{k: str(v) for k, v in {**one.resource, **one.attributes}.items()}}
        for one in (trace.spans if trace else ())
    ]


def _of_lines(lines: list[LogLine]) -> list[dict[str, str]]:
    """Each line as texts by their names; Loki writes a dot in a name as an underscore."""
    return [{LINE: one.text, **one.labels} for one in lines]
