"""The native backend: the servers of compose.yaml as local processes on loopback."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from smokestack import yaml_file
from smokestack.endpoints import Endpoint, Endpoints
from smokestack.errors import NotReady, PortTaken, ServerExited, StackError
from smokestack.results import ServerInfo, StackInfo
from smokestack.stack import kept, run_directory
from smokestack.stack.compose_file import Service, read_env_file, read_services
from smokestack.stack.configured import timings
from smokestack.stack.passwords import passwords
from smokestack.stack.ports import Ports, holder, is_free
from smokestack.stack.render import Layout, Rendered, render
from smokestack.stack.run_directory import RunDirectory
from smokestack.stack.selection import Selection, select
from smokestack.stack.supervised import SupervisedChild, Supervisor, clean_environment
from smokestack.timings import Timings
from smokestack.wait import until

ATTEMPTS = 3
"""How often a stack is started when somebody else takes a chosen port first."""

READY_S = 60.0
"""Seconds a server may take to become ready. Loki, the slowest, takes 0.5 to 3 s on 2 cores."""

ReadyProbe = Callable[[str], bool]
"""Asks a URL; True on 200. Raises ObservationError when it cannot be asked."""


@dataclass(frozen=True)
class Plan:
    """What to start. `keep` is where logs and configuration go when something went wrong.

    With `only`, no other services are started: all are rendered, but these run alone.
    """

    root: Path
    system: str
    run_id: str
    pace_factor: Callable[[Mapping[str, object]], float]
    application: tuple[str, ...]
    keep: Path
    ready_s: float = READY_S
    environment: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()


@dataclass
class NativeStack:
    """A running stack. `close` ends it; `check_alive` raises if a server went away."""

    plan: Plan
    directory: RunDirectory
    supervisor: Supervisor
    ports: Ports
    layout: Layout
    selection: Selection
    rendered: Mapping[str, Rendered] = field(default_factory=dict)
    factor: float = 1.0
    ready_s: float = 0.0
    ready_of: dict[str, float] = field(default_factory=dict)
    timings: Timings | None = None

    @property
    def children(self) -> tuple[SupervisedChild, ...]:
        """The server processes, by their service names."""
        names = set(self.rendered)
        return tuple(child for child in self.supervisor.children if child.name in names)

    def endpoints(self) -> Endpoints:
        """Where each server answers: its `http` listener, or the one that gives its metrics."""
        by_role = {}
        for name, one in self.rendered.items():
            listen = one.service.extension.listen
            port = listen.get("http") or listen.get("metrics") or one.service.extension.ready.port
            by_role[name] = Endpoint(name, self.layout.url(name, port))
        by_role["traces"] = by_role[self.selection.trace_store]
        by_role["traces-metrics"] = Endpoint(
            self.selection.trace_store, self.layout.url("tempo", 3200)
        )
        return Endpoints(by_role)

    def info(self, versions: Mapping[str, str]) -> StackInfo:
        """What the report says of this stack."""
        servers = tuple(
            ServerInfo(name, versions.get(name, ""), round(ready, 3))
            for name, ready in self.ready_of.items()
        )
        changes = tuple(change for one in self.rendered.values() for change in one.changes)
        held = tuple(rule for one in self.rendered.values() for rule in one.incompressible)
        return StackInfo(
            "native", round(self.ready_s, 3), servers, changes, self.selection.standins, held
        )

    def check_alive(self) -> None:
        """Raise ServerExited if a server ended although nobody asked it to."""
        for child in self.children:
            if child.exit_code() is not None:
                raise self._exited(child)

    def save(self) -> None:
        """Copy logs, rendered configuration and ledgers to where they outlive the stack."""
        for part in ("logs", "config", "loads"):
            source = self.directory.path / part
            if source.is_dir():
                shutil.copytree(source, self.plan.keep / part, dirs_exist_ok=True)

    def close(self) -> None:
        """End every server and remove the run's folder."""
        self.supervisor.close()
        self.ports.release()
        self.directory.remove()

    def detach(self) -> None:
        """Leave the servers running; `kept.end` ends them again."""
        urls = {name: endpoint.url for name, endpoint in self.endpoints().by_role.items()}
        pace = "fast" if self.factor > 1 else "real"
        kept.remember(
            self.directory.path,
            kept.Kept(self.plan.run_id, self.plan.system, pace, self.supervisor.pid, urls),
        )
        self.supervisor.detach()

    def start(self, probe: ReadyProbe) -> None:
        """Start every server at once and wait until each says that it is ready."""
        started = time.monotonic()
        self._render()
        for name in sorted(self.plan.only or self.rendered, key=self._late_in_line):
            self._spawn(name, self.rendered[name])
        self._await_all(probe, started)
        self.ready_s = time.monotonic() - started

    def _render(self) -> None:
        services = self.selection.services
        prometheus = services["prometheus"]
        self.factor = self.plan.pace_factor(_shipped(prometheus))
        self.rendered = {
            name: render(service, self.layout, self.factor) for name, service in services.items()
        }
        self.timings = timings(self.rendered.values(), self.plan.application)

    def _late_in_line(self, name: str) -> bool:
        """Our own programs go first: Python's imports take longest."""
        return self.rendered[name].service.extension.binary != "app"

    def _spawn(self, name: str, one: Rendered) -> None:
        logs = self.directory.path / "logs"
        logs.mkdir(exist_ok=True)
        self.supervisor.spawn(
            name,
            [*self.selection.programs[name], *one.arguments],
            env=clean_environment({**one.environment, **self.plan.environment}),
            cwd=self.plan.root / "fixtures",
            log=logs / f"{name}.log",
        )

    def _await_all(self, probe: ReadyProbe, started: float) -> None:
        """Wait for every server; the first that fails ends all waits at once."""
        failed: list[StackError] = []

        def wait_for(child: SupervisedChild) -> None:
            try:
                self._await(child, probe, started, failed)
            except StackError as error:
                failed.append(error)

        with ThreadPoolExecutor(len(self.rendered)) as pool:
            try:
                list(pool.map(wait_for, self.children))
            except KeyboardInterrupt:
                failed.append(StackError("interrupted"))
                raise
        if failed:
            raise failed[0]

    def _await(
        self,
        child: SupervisedChild,
        probe: ReadyProbe,
        started: float,
        failed: Sequence[StackError],
    ) -> None:
        ready = self.rendered[child.name].service.extension.ready
        url = self.layout.url(child.name, ready.port) + ready.path

        def ask() -> bool:
            if child.exit_code() is not None:
                raise self._exited(child, time.monotonic() - started)
            return bool(failed) or probe(url)

        waited = until(ask, within_s=self.plan.ready_s)
        if not waited.met:
            seen = waited.polls[-1].seen if waited.polls else "nothing"
            raise NotReady(
                f"{child.name} did not become ready in {self.plan.ready_s:.0f} s at {url}; "
                f"last seen: {seen}\n{self._particulars(child)}",
                hint="look at its log, or give it longer with --start-timeout",
            )
        self.ready_of[child.name] = time.monotonic() - started

    def _exited(self, child: SupervisedChild, after_s: float | None = None) -> ServerExited:
        when = "while the run went on" if after_s is None else f"{after_s:.1f} s after the start"
        message = f"{child.name} ended {when} with exit code {child.exit_code()}"
        if "address already in use" in child.last_lines():
            clash = self._port_clash(child.name)
            return PortTaken(f"{message}; {clash}\n{self._particulars(child)}")
        return ServerExited(f"{message}\n{self._particulars(child)}")

    def _port_clash(self, name: str) -> str:
        """Which of its ports are held, and by whom."""
        ports = [
            self.layout.port(name, p) for p in self.rendered[name].service.extension.listen.values()
        ]
        held = [f"port {port} is held by {holder(port)}" for port in ports if not is_free(port)]
        shown = ", ".join(held) or "it is free again, see the log for which"
        return f"a port was taken between choosing and listening: {shown}"

    def _particulars(self, child: SupervisedChild) -> str:
        self.save()
        here, there = self.directory.path, self.plan.keep
        configs = [there / f.relative_to(here) for f in self.rendered[child.name].config_files]
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
    env = read_env_file(plan.root / "systems" / plan.system / "stack" / ".env")
    variables = {**passwords(), **env, "SYSTEM": plan.system}
    services = read_services(plan.root / "compose" / "compose.yaml", variables)
    selection = select(services, plan.system)
    ports = Ports()
    directory = run_directory.create(plan.run_id)
    try:
        layout = _layout(plan, directory, ports, selection)
        supervisor = Supervisor(directory.path / "supervisor.log", keep_open=directory.lock)
    except BaseException:
        directory.remove()
        ports.release()
        raise
    stack = NativeStack(plan, directory, supervisor, ports, layout, selection)
    try:
        stack.start(probe)
    except BaseException:
        with contextlib.suppress(OSError):
            stack.save()
        stack.close()
        raise
    return stack


def _shipped(prometheus: Service) -> Mapping[str, object]:
    """Prometheus' configuration as it ships: what the pace is worked out from."""
    target = next(t for t, kind in prometheus.extension.config.items() if kind == "prometheus")
    source = next(mount.source for mount in prometheus.mounts if mount.target == target)
    return dict(yaml_file.read(Path(source)).data)


def _layout(plan: Plan, directory: RunDirectory, ports: Ports, selection: Selection) -> Layout:
    numbers = {
        (name, port): ports.take()
        for name, service in selection.services.items()
        for port in service.extension.listen.values()
    }
    return Layout(
        directory.path,
        plan.root,
        numbers,
        selection.aliases,
        homes=selection.homes,
        replaces=selection.replaces,
    )
