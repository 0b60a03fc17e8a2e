"""The remote backend: a stack that somebody else runs. It is asked; nothing of it is changed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from smokestack.endpoints import Endpoint, Endpoints
from smokestack.errors import StackError
from smokestack.processes import Ran
from smokestack.results import ServerInfo, StackInfo
from smokestack.stack import run_directory
from smokestack.stack.run_directory import RunDirectory
from smokestack.stack.supervised import Supervisor
from smokestack.timings import Timings
from smokestack.usage import Usage

FIGURES = "traces-metrics"
"""Where the trace store's own metrics are: an address of that store, and no server of its own."""

NOT_OURS = "somebody else runs this stack: nothing of it is changed"
"""Why what would change a stack is not asked of one that is not ours."""


@dataclass
class RemoteStack:
    """Somebody else's stack. `lacking`: servers that its file does not name -> why they count as
    absent. A supervisor looks after what we start ourselves, such as a load.
    """

    where: Endpoints
    timings: Timings
    directory: RunDirectory
    supervisor: Supervisor
    keep: Path
    lacking: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    factor: float = 1.0
    host_logs: Path | None = None

    @property
    def spawner(self) -> Supervisor:
        """The supervisor: what it starts ends with the run."""
        return self.supervisor

    @property
    def folder(self) -> Path:
        """The run's own folder."""
        return self.directory.path

    @property
    def absent(self) -> Mapping[str, str]:
        """Servers that it is not known to have."""
        return self.lacking

    def endpoints(self) -> Endpoints:
        """Where each server answers, as its file says."""
        return self.where

    def info(self, versions: Mapping[str, str]) -> StackInfo:
        """What the report says of it. How long its servers took to start is not known."""
        roles = self.where.by_role
        names = sorted({one.name for role, one in roles.items() if role != FIGURES})
        servers = tuple(ServerInfo(name, versions.get(name, ""), 0.0) for name in names)
        return StackInfo("remote", 0.0, servers)

    @property
    def usage_source(self) -> str:
        """Nobody: its processes are not ours to look into."""
        return ""

    def usage(self) -> Mapping[str, Usage]:
        """Only its servers' own metrics tell."""
        return {}

    def containers(self) -> None:
        """Not ours to look into."""

    def output(self, service: str, until: float) -> None:
        """Not ours to look into."""

    def run_tool(self, service: str, argv: Sequence[str], folder: Path) -> Ran:
        """Its programs are not here."""
        self._refuse(f"run {argv[0]} of {service} in {folder}")

    def fetch(self, service: str, path: str, to: Path) -> None:
        """Its files are not here."""
        self._refuse(f"copy {path} of {service} to {to}")

    def restored(self, service: str) -> AbstractContextManager[Endpoint]:
        """Its files are not here."""
        self._refuse(f"copy the data of {service}")

    def config_files(self, service: str) -> Sequence[Path]:
        """Its files are not here."""
        self._refuse(f"write the configuration of {service}")

    def restart(self, service: str) -> None:
        """Never."""
        self._refuse(f"restart {service}")

    def stop(self, service: str) -> None:
        """Never."""
        self._refuse(f"stop {service}")

    def start_again(self, service: str) -> None:
        """Never."""
        self._refuse(f"start {service}")

    def _refuse(self, what: str) -> NoReturn:
        raise StackError(f"asked to {what}: {NOT_OURS}")

    def check_alive(self) -> None:
        """Whether its servers live is asked of them, by each check."""

    def save(self) -> None:
        """Copy the ledgers of our own loads to `keep`."""
        if (self.folder / "loads").is_dir():
            shutil.copytree(self.folder / "loads", self.keep / "loads", dirs_exist_ok=True)

    def close(self) -> None:
        """End what we started, and remove our own folder."""
        if not self.closed:
            self.closed = True
            self.supervisor.close()
            self.directory.remove()

    def detach(self) -> None:
        """It goes on running anyway."""
        self.close()


def reach(
    run_id: str, where: Endpoints, timings: Timings, keep: Path, lacking: Mapping[str, str]
) -> RemoteStack:
    """A stack that runs already. Raises UsageError where no working folder can be made."""
    run_directory.sweep()
    directory = run_directory.create(run_id)
    try:
        supervisor = Supervisor(directory.path / "supervisor.log", keep_open=directory.lock)
    except BaseException:
        directory.remove()
        raise
    return RemoteStack(where, timings, directory, supervisor, keep, lacking)
