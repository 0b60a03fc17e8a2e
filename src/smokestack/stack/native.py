"""The native backend: the servers of compose.yaml as local processes on loopback."""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from smokestack.endpoints import Endpoint
from smokestack.errors import PortTaken, ServerExited, StackError
from smokestack.processes import Ran
from smokestack.results import StackInfo
from smokestack.stack import native_entry, native_programs, run_directory
from smokestack.stack.binaries import find_binary
from smokestack.stack.blueprint import draw
from smokestack.stack.native_layout import NativeLayout
from smokestack.stack.native_restored import restored
from smokestack.stack.native_tool import run_program
from smokestack.stack.own_stack import OwnStack
from smokestack.stack.plan import ATTEMPTS, Plan, ReadyProbe
from smokestack.stack.ports import Ports, holder, is_free
from smokestack.stack.process_usage import usage_of
from smokestack.stack.readiness import Readiness, takes_connections
from smokestack.stack.render import Rendered
from smokestack.stack.run_directory import RunDirectory
from smokestack.stack.selection import Selection
from smokestack.stack.supervised import SupervisedChild, Supervisor, clean_environment
from smokestack.usage import Usage

STOP_S = 5.0
"""Seconds in which a server that is stopped on purpose must have ended; then it is killed."""


@dataclass(kw_only=True)
class NativeStack(OwnStack):
    """A running stack. `close` ends it; `check_alive` raises if a server went away."""

    programs: Mapping[str, tuple[str, ...]]
    layout: NativeLayout
    _stopped: set[str] = field(default_factory=set)

    @property
    def children(self) -> tuple[SupervisedChild, ...]:
        """The server processes, by their service names."""
        names = set(self.blueprint.rendered)
        return tuple(child for child in self.supervisor.children if child.name in names)

    def info(self, versions: Mapping[str, str]) -> StackInfo:
        """What the report says of this stack."""
        return self.blueprint.info("native", versions, self.ready_of, self.ready_s)

    def containers(self) -> None:
        """Processes have none."""

    @property
    def usage_source(self) -> str:
        """The machine that the processes run on."""
        return "this machine, of its processes"

    def usage(self) -> Mapping[str, Usage]:
        """What the operating system has of each server's processes."""
        running = {one.name: one.pid for one in self.children if one.exit_code() is None}
        services = [one.service for one in self.blueprint.rendered.values()]
        return usage_of(running, self.layout.own_data(services))

    def output(self, service: str, until: float) -> None:
        """No engine has any."""

    def run_tool(self, service: str, argv: Sequence[str], folder: Path) -> Ran:
        """Run the program that was built with the server."""
        del service  # the program is known by its name
        return run_program(find_binary(argv[0]), argv[1:], folder)

    def fetch(self, service: str, path: str, to: Path) -> None:
        """Copy it: a process sees the files that we see."""
        try:
            shutil.copytree(path, to)
        except OSError as error:
            raise StackError(f"{path} of {service} cannot be copied: {error}") from error

    def restored(self, service: str) -> AbstractContextManager[Endpoint]:
        """A second process."""
        shipped = self.blueprint.rendered[service].service
        return restored(
            shipped, self.programs[service], self.layout, self.ports, self.supervisor, self.factor
        )

    def restart(self, service: str) -> None:
        """Restarts are counted of containers; a process is stopped and started again."""
        raise StackError(f"{service} does not run in a container, so it cannot be restarted")

    def stop(self, service: str) -> None:
        """End a server's process; it is not missed meanwhile."""
        child = self._child(service)
        self._stopped.add(service)
        child.stop(within_s=STOP_S)

    def start_again(self, service: str) -> None:
        """Start a server as before, with the data that it left."""
        self._spawn(service, self.blueprint.rendered[service])
        self._stopped.discard(service)

    def check_alive(self) -> None:
        """Raise ServerExited if a server ended although nobody asked it to."""
        for child in self.children:
            if child.exit_code() is not None and child.name not in self._stopped:
                raise self._exited(child)

    def save(self) -> None:
        """Copy logs, rendered configuration and ledgers to where they outlive the stack."""
        self._copy("logs", "config", "loads")

    def close(self) -> None:
        """End every server and remove the run's folder."""
        if self.closed:
            return
        self.closed = True
        self.supervisor.close()
        self.ports.release()
        self.directory.remove()

    def detach(self) -> None:
        """Leave the servers running; `kept.end` ends them again."""
        self._remember("native")

    def start(self, probe: ReadyProbe) -> None:
        """Start every server at once and wait until each says that it is ready."""
        started = time.monotonic()
        rendered = self.blueprint.rendered
        for name in sorted(self.plan.only or rendered, key=self._late_in_line):
            self._spawn(name, rendered[name])
        wait = Readiness(
            ask=lambda name: self._is_ready(self.blueprint.ready_url(name), probe),
            url_of=self.blueprint.ready_url,
            check=partial(self._check, started=started),
            particulars=lambda name: self._particulars(self._child(name)),
            within_s=self.plan.ready_s,
            started=started,
        )
        self.ready_of = wait.await_all(child.name for child in self.children)
        self.ready_s = time.monotonic() - started

    def _late_in_line(self, name: str) -> bool:
        """Our own programs go first: Python's imports take longest."""
        return self.blueprint.rendered[name].service.extension.binary != "app"

    def _spawn(self, name: str, one: Rendered) -> None:
        logs = self.directory.path / "logs"
        logs.mkdir(exist_ok=True)
        native_entry.write_secrets(one.service, self.layout)
        told = native_entry.variables(one.service, self.layout)
        self.supervisor.spawn(
            name,
            [*self.programs[name], *one.arguments],
            env=clean_environment({**one.environment, **told}),
            cwd=self.plan.root / "fixtures",
            log=logs / f"{name}.log",
            ends_on=signal.Signals[one.service.stop_signal],
        )

    @staticmethod
    def _is_ready(url: str, probe: ReadyProbe) -> bool:
        return takes_connections(url) if url.startswith("tcp:") else probe(url)

    def _child(self, name: str) -> SupervisedChild:
        for child in self.children:
            if child.name == name:
                return child
        raise StackError(f"this stack has no {name}: it has {', '.join(self.blueprint.rendered)}")

    def _check(self, name: str, started: float) -> None:
        child = self._child(name)
        if child.exit_code() is not None:
            raise self._exited(child, time.monotonic() - started)

    def _exited(self, child: SupervisedChild, after_s: float | None = None) -> ServerExited:
        when = "while the run went on" if after_s is None else f"{after_s:.1f} s after the start"
        message = f"{child.name} ended {when} with exit code {child.exit_code()}"
        if "address already in use" in child.last_lines():
            clash = self._port_clash(child.name)
            text = f"{message}; {clash}\n{self._particulars(child)}"
            return PortTaken(text, server=child.name)
        return ServerExited(f"{message}\n{self._particulars(child)}", server=child.name)

    def _port_clash(self, name: str) -> str:
        """Which of its ports are held, and by whom."""
        urls = [
            self.blueprint.layout.url(name, port)
            for port in self.blueprint.rendered[name].service.extension.listen.values()
        ]
        ports = [int(url.rpartition(":")[2]) for url in urls]
        held = [f"port {port} is held by {holder(port)}" for port in ports if not is_free(port)]
        shown = ", ".join(held) or "it is free again, see the log for which"
        return f"a port was taken between choosing and listening: {shown}"

    def _particulars(self, child: SupervisedChild) -> str:
        self.save()
        here, there = self.directory.path, self.plan.keep
        configs = [
            there / f.relative_to(here) for f in self.blueprint.rendered[child.name].config_files
        ]
        return "\n".join(
            [
                f"  command: {' '.join(child.argv)}",
                f"  configuration: {', '.join(map(str, configs)) or 'none'}",
                f"  log: {there / child.log.relative_to(here)}, which ends with:",
                *(f"    {line}" for line in child.last_lines().splitlines()),
            ]
        )


def start(plan: Plan, probe: ReadyProbe) -> NativeStack:
    """Start a stack. On any failure nothing of it is left but what was saved to `plan.keep`.

    Raises UsageError for what must change first, StackError for a server that did not come up; a
    port that was snatched away is tried again with others, `ATTEMPTS` times in all.
    """
    run_directory.sweep()
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(PortTaken):
            return _start_once(plan, probe)
    return _start_once(plan, probe)


def _start_once(plan: Plan, probe: ReadyProbe) -> NativeStack:
    variables = plan.variables()
    selection, programs = native_programs.choose(plan.services(variables), plan.profile(variables))
    ports = Ports()
    directory = run_directory.create(plan.run_id)
    try:
        layout = _layout(plan, directory, ports, selection, programs.homes)
        blueprint = draw(plan, layout, selection)
        supervisor = Supervisor(directory.path / "supervisor.log", keep_open=directory.lock)
    except BaseException:
        directory.remove()
        ports.release()
        raise
    stack = NativeStack(
        plan=plan,
        directory=directory,
        supervisor=supervisor,
        ports=ports,
        blueprint=blueprint,
        programs=programs.argv,
        layout=layout,
    )
    try:
        stack.start(probe)
    except BaseException:
        with contextlib.suppress(OSError):
            stack.save()
        stack.close()
        raise
    return stack


def _layout(
    plan: Plan,
    directory: RunDirectory,
    ports: Ports,
    selection: Selection,
    homes: Mapping[str, Path],
) -> NativeLayout:
    numbers = {
        (name, port): ports.take()
        for name, service in selection.services.items()
        for port in service.extension.listen.values()
    }
    return NativeLayout(
        directory.path,
        plan.root,
        numbers,
        selection.aliases,
        homes=homes,
        replaces=selection.replaces,
        absent=tuple(one.name for one in selection.left_out),
    )
