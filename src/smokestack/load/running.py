"""Runs a scenario: Locust in a process of its own, gated, phased and awaited by files.

Importing locust patches the whole process with gevent, so ours never does.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from smokestack import wait
from smokestack.errors import LoadError, NotPermitted, UsageError
from smokestack.load import control, generator, ledger_file, ready_file
from smokestack.load.control import Control
from smokestack.load.outcome import Load, conclude
from smokestack.load.scenario import ScenarioSpec, find_scenario, refuse_unsafe
from smokestack.load.settings import Settings
from smokestack.processes import ChildProcess, Spawner

_LAST_LINES = 15
_POLL_S = 0.02
READY_S = 60.0
"""Most of a scenario's start is Python's imports, also on a busy machine."""
_STOP_S = 17.0
"""Seconds between SIGTERM and SIGKILL: Locust drains for up to 15."""


@dataclass
class RunningLoad:
    """A scenario that was started, and may have ended."""

    spec: ScenarioSpec
    settings: Settings
    argv: tuple[str, ...]
    child: ChildProcess
    ledger_path: Path
    control_path: Path
    _counted: int = field(default=0, init=False)
    _offset: int = field(default=0, init=False)

    def is_ready(self) -> bool:
        """Whether its users stand at the gate, or have passed it."""
        return self.settings.ready is not None and self.settings.ready.exists()

    def at_gate(self, within_s: float) -> wait.Waited[bool]:
        """Wait until its users stand at the gate, or its process has ended without."""
        return wait.until(
            lambda: self.is_ready() or self.is_done(),
            within_s=within_s,
            every_s=_POLL_S,
            what=f"{self.spec.name} at its gate",
        )

    def await_ready(self, within_s: float = READY_S) -> None:
        """Return once its users stand at the gate. Raises LoadError where they never do."""
        waited = self.at_gate(within_s)
        if not waited.met or not self.is_ready():
            raise LoadError(
                f"scenario {self.spec.scenario} did not get to its gate. {self._story()}"
            )

    @property
    def planned(self) -> int | None:
        """How many requests it will send, once it is ready; None where it does not know."""
        return ready_file.read(self.settings.ready) if self.settings.ready else None

    def go(self) -> None:
        """Open the gate."""
        self.phase(control.GO)

    def phase(
        self,
        name: str,
        *,
        error_ratio: float | None = None,
        rate: float | None = None,
        latency_s: float | None = None,
    ) -> None:
        """Tell the scenario its phase; `stop` ends it. What is not given stays as it was. Raises
        NotPermitted for errors or delays on purpose where somebody else runs the application.
        """
        if self.spec.leave and (error_ratio or latency_s):
            raise NotPermitted(
                f"scenario {self.spec.scenario} was to make errors or delays on purpose in a stack "
                "that somebody else runs; it was not told to"
            )
        control.write(self.control_path, Control(name, error_ratio, rate, latency_s))

    def is_done(self) -> bool:
        """Whether its process has ended."""
        return self.child.exit_code() is not None

    def sent_so_far(self) -> int:
        """How many requests were answered or given up, at most 0.1 s ago."""
        if not self.ledger_path.exists():
            return 0
        with self.ledger_path.open("rb") as file:
            file.seek(self._offset)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._counted += whole.count(b'{"n":')
        return self._counted

    def finish(self, within_s: float) -> Load:
        """Wait until the scenario has ended by itself, and read its ledger.

        Raises:
            LoadError: it did not end in time (it is then stopped), failed, or left no whole ledger.
        """
        waited = wait.until(
            self.is_done,
            within_s=within_s,
            every_s=_POLL_S,
            describe=lambda _: f"{self.sent_so_far()} requests",
            what=f"{self.spec.name} to be sent",
        )
        if not waited.met:
            self.stop()
            raise LoadError(
                f"scenario {self.spec.scenario} had not ended after {within_s:.1f} s, with "
                f"{self.sent_so_far()} requests sent. {self._story()}"
            )
        if code := self.child.exit_code():
            raise LoadError(
                f"scenario {self.spec.scenario} {_ended(code, self.sent_so_far())}. "
                f"{self._story()}",
                hint=f"the whole log is {self.child.log}",
            )
        load = conclude(self.spec, ledger_file.read(self.ledger_path))
        return replace(load, generator=generator.read(self.settings.generator))

    def stop(self) -> None:
        """End the scenario now. Requests in flight are drained, and its ledger closed."""
        self.child.stop(within_s=_STOP_S)

    def _story(self) -> str:
        try:
            lines = self.child.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            lines = [str(error)]
        last = "\n".join(f"    {line}" for line in lines[-_LAST_LINES:]) or "    (none)"
        return f"Command: {shlex.join(self.argv)}\n  Last lines of {self.child.log}:\n{last}"


def _ended(code: int, sent: int) -> str:
    """How a process ended that did not end well. One that was killed had no time to write down
    what it had sent: what the ledger has is then not all.
    """
    if code > 0:
        return f"failed with exit code {code}, with {sent} requests sent"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was killed by {name}, with {sent} requests in its ledger: what else it sent is unknown"


def start(
    spec: ScenarioSpec,
    *,
    run_id: str,
    spawner: Spawner,
    directory: Path,
    scenarios_dir: Path,
    gated: bool = False,
) -> RunningLoad:
    """Start a scenario; with `gated` it waits at the gate, warm, until `go` or another phase.

    Raises:
        UsageError: no such scenario, a bad name, a host that is not ours, a name used twice.
    """
    refuse_unsafe(spec, run_id)
    file = find_scenario(spec.scenario, scenarios_dir)
    directory = directory.resolve()
    settings = _settings(spec, run_id, directory)
    ledger, control_path = directory / f"{spec.name}.ledger.jsonl", directory / _control(spec)
    if control_path.exists():
        raise UsageError(f"a load named {spec.name!r} already ran in {directory}")
    directory.mkdir(parents=True, exist_ok=True)
    control.write(control_path, Control(control.WAIT if gated else control.GO))
    argv = _argv(file, spec.host)
    child = spawner.spawn(
        f"load {spec.name}",
        argv,
        env=_environ(os.environ, settings, home=directory),
        cwd=directory,
        log=directory / f"{spec.name}.log",
    )
    return RunningLoad(spec, settings, argv, child, ledger, control_path)


def _control(spec: ScenarioSpec) -> str:
    return f"{spec.name}.control.json"


def _settings(spec: ScenarioSpec, run_id: str, directory: Path) -> Settings:
    return Settings(
        run_id=run_id,
        load=spec.name,
        system=spec.system,
        ledger=directory / f"{spec.name}.ledger.jsonl",
        control=directory / _control(spec),
        total=spec.total,
        rate=spec.rate,
        users=spec.users,
        seconds=spec.seconds,
        max_seconds=spec.max_seconds,
        allow_remote=spec.allow_remote,
        leave=spec.leave,
    )


def _argv(file: Path, host: str) -> tuple[str, ...]:
    """Locust's command line. How many users, and how they are drained, the scenario itself says."""
    options = ("--headless", "--only-summary", "--host", host, "--loglevel", "WARNING")
    return (sys.executable, "-m", "locust", "-f", str(file), *options)


def _environ(ours: Mapping[str, str], settings: Settings, *, home: Path) -> dict[str, str]:
    """Our environment without what would change Locust's mind: its variables and ~/.locust.conf."""
    strange = ("LOCUST_", "SMOKESTACK_")
    kept = {key: value for key, value in ours.items() if not key.startswith(strange)}
    return kept | settings.to_environ() | {"HOME": str(home)}
