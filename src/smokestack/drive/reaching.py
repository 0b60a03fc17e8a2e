"""Reaches a stack that somebody else runs, and says what cannot be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from smokestack.clients import Clients, connect
from smokestack.drive.remote_timings import timings
from smokestack.drive.sources import found
from smokestack.stack.remote import NOT_OURS, RemoteStack
from smokestack.stack.remote import reach as reach_stack
from smokestack.stack_file import Remote
from smokestack.system import Part, System

SERVERS: Mapping[Part, str] = {
    "logs": "loki",
    "traces": "traces",
}
"""A part of a system -> the endpoint without which nothing is asked about it."""

OURS: tuple[Part, ...] = ("collector", "notifications", "containers")
"""Parts that are proven by writing to the servers, or by looking into their containers."""


def reach(remote: Remote, system: System, run_id: str, keep: Path) -> tuple[RemoteStack, Clients]:
    """The stack, and clients that only read.

    Raises:
        UsageError: a certificate cannot be read; or as `sources.found`.
        ObservationError: what is asked through Grafana cannot be found.
    """
    remote = found(remote)
    clients = connect(remote.endpoints, system, calls=remote.calls)
    waits = timings(
        clients, system.application.services, remote.said.waits.logs, remote.said.waits.traces
    )
    absent = dict.fromkeys(remote.said.without, f"{remote.path.name} says so")
    if "grafana" not in remote.said.endpoints:
        absent["grafana"] = f"{remote.path.name} names none"
    return reach_stack(run_id, remote.endpoints, waits, keep, absent), clients


def lacking(remote: Remote, part: Part) -> str | None:
    """Why nothing is asked about a part of the system, or None where it is."""
    if part in OURS:
        return NOT_OURS
    role = SERVERS.get(part)
    if role is None or remote.seeking or remote.endpoints.get(role) is not None:
        return None
    name = "trace store" if role == "traces" else role
    if remote.said.via and not remote.said.sources:
        return f"Grafana has no data source of a {name} that we may see"
    return f"{remote.path.name} names no {name}"
