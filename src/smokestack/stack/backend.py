"""What every backend's stack can do: all that the rest of smokestack knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from smokestack.endpoints import Endpoint, Endpoints
from smokestack.processes import Ran, Spawner
from smokestack.results import StackInfo
from smokestack.samples import Container, Output
from smokestack.timings import Timings
from smokestack.usage import Usage


class Stack(Protocol):
    """A running stack."""

    @property
    def factor(self) -> float:
        """By what its durations were divided; 1 at pace `real`."""

    @property
    def timings(self) -> Timings:
        """The waits that its configuration imposes."""

    @property
    def spawner(self) -> Spawner:
        """Starts processes that never outlive the run, such as a load."""

    @property
    def folder(self) -> Path:
        """The run's own folder, removed with the stack."""

    @property
    def keep(self) -> Path:
        """Where `save` puts what must outlive it."""

    @property
    def host_logs(self) -> Path | None:
        """The folder of this run's own that is read instead of the host's log files; None where
        none is.
        """

    @property
    def absent(self) -> Mapping[str, str]:
        """Optional servers that it runs without -> why."""

    def endpoints(self) -> Endpoints:
        """Where each server answers."""

    def info(self, versions: Mapping[str, str]) -> StackInfo:
        """What the report says of it. `versions` are what the servers themselves told."""

    def containers(self) -> tuple[Container, ...] | None:
        """What its engine has of it; None where its servers are no containers of ours."""

    @property
    def usage_source(self) -> str:
        """Who tells what its servers use, in words; empty where nobody does."""

    def usage(self) -> Mapping[str, Usage]:
        """What its servers use right now, by name: those that could be read. To be asked from any
        thread, and in a second at most. Raises StackError where nobody answers.
        """

    def output(self, service: str, until: float) -> Output | None:
        """What its engine has of a container's output until a time; None where it has no such
        container.
        """

    def run_tool(self, service: str, argv: Sequence[str], folder: Path) -> Ran:
        """Run a program that comes with a server, such as promtool with Prometheus, in a copy of
        a folder. Raises StackError where it is not there or does not end.
        """

    def fetch(self, service: str, path: str, to: Path) -> None:
        """Copy a folder, under the path that a server has it, to a new one here. Raises
        StackError where it cannot be had.
        """

    def restored(self, service: str) -> AbstractContextManager[Endpoint]:
        """The same server once more while this is open, on a copy of what it has stored by now.
        It may not be ready yet. Raises StackError where it cannot be started.
        """

    def config_files(self, service: str) -> Sequence[Path]:
        """The files of this run's own that a server reads its configuration from, the main one
        first: what is written there, and put back, changes nothing that ships.
        """

    def restart(self, service: str) -> None:
        """End a server at once and start it again, on purpose. Raises StackError where servers
        are no containers of ours.
        """

    def stop(self, service: str) -> None:
        """End a server on purpose; it is not missed meanwhile. Raises StackError where it is not
        ours.
        """

    def start_again(self, service: str) -> None:
        """Start a server that was stopped. Raises StackError where it cannot be started."""

    def check_alive(self) -> None:
        """Raise StackError if a server went away although nobody asked it to."""

    def save(self) -> None:
        """Copy logs, configuration and ledgers to `keep`."""

    def close(self) -> None:
        """End every server and remove everything that was made for it. Safe to call twice."""

    def detach(self) -> None:
        """Leave the servers running; `smokestack down` ends them."""
