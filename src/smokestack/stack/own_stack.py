"""What every stack of ours has, whatever its servers run in."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from smokestack.endpoints import Endpoints
from smokestack.stack import kept
from smokestack.stack.blueprint import Blueprint
from smokestack.stack.plan import Plan
from smokestack.stack.ports import Ports
from smokestack.stack.run_directory import HOST_LOGS, RunDirectory
from smokestack.stack.supervised import Supervisor
from smokestack.timings import Timings


@dataclass(kw_only=True)
class OwnStack:
    """A stack that we started: its plan, its blueprint, its folder, and who ends its children."""

    plan: Plan
    directory: RunDirectory
    supervisor: Supervisor
    ports: Ports
    blueprint: Blueprint
    ready_s: float = 0.0
    ready_of: dict[str, float] = field(default_factory=dict)
    closed: bool = False

    @property
    def factor(self) -> float:
        """By what durations were divided."""
        return self.blueprint.factor

    @property
    def timings(self) -> Timings:
        """The waits that the configuration imposes."""
        return self.blueprint.timings

    @property
    def spawner(self) -> Supervisor:
        """The supervisor: what it starts ends with the run."""
        return self.supervisor

    @property
    def folder(self) -> Path:
        """The run's own folder."""
        return self.directory.path

    @property
    def keep(self) -> Path:
        """Where `save` copies to."""
        return self.plan.keep

    @property
    def host_logs(self) -> Path | None:
        """The folder that was made for it, where a server reads log files of the host."""
        folder = self.folder / HOST_LOGS
        return folder if folder.is_dir() else None

    @property
    def absent(self) -> Mapping[str, str]:
        """Optional servers that it runs without."""
        return self.blueprint.absent

    def config_files(self, service: str) -> Sequence[Path]:
        """The rendered files: containers have them mounted in place."""
        return self.blueprint.rendered[service].config_files

    def endpoints(self) -> Endpoints:
        """Where each server answers: at ports of loopback."""
        return self.blueprint.endpoints()

    def _copy(self, *parts: str) -> None:
        """Copy parts of the run's folder to where they outlive it."""
        for part in parts:
            if (self.folder / part).is_dir():
                shutil.copytree(self.folder / part, self.keep / part, dirs_exist_ok=True)

    def _remember(self, backend: str) -> None:
        """Write down what `smokestack down` needs, and let the supervisor live on."""
        urls = {name: endpoint.url for name, endpoint in self.endpoints().by_role.items()}
        pace = "fast" if self.factor > 1 else "real"
        plan, pid = self.plan, self.supervisor.pid
        stack = kept.Kept(plan.run_id, plan.system, pace, pid, urls, backend)
        kept.remember(self.folder, stack)
        self.supervisor.detach()
