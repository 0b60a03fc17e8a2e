"""The Docker backend: compose.yaml and an override of one run, started by Testcontainers."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from smokestack.endpoints import Endpoints
from smokestack.errors import PortTaken, ServerExited, StackError
from smokestack.results import StackInfo
from smokestack.samples import Container
from smokestack.stack import kept, leftovers, run_directory
from smokestack.stack.blueprint import TEMPO, Blueprint, asked_port, draw
from smokestack.stack.compose_file import compose_name
from smokestack.stack.compose_override import PROFILE, override
from smokestack.stack.compose_project import Project
from smokestack.stack.composition import Composition
from smokestack.stack.container_layout import ContainerLayout
from smokestack.stack.container_watch import SERVICE, Watch, container_of
from smokestack.stack.engine import Engine
from smokestack.stack.images import SOURCE, Images, Say
from smokestack.stack.plan import ATTEMPTS, Plan, ReadyProbe
from smokestack.stack.ports import Ports
from smokestack.stack.readiness import Readiness
from smokestack.stack.run_directory import RunDirectory
from smokestack.stack.selection import Selection
from smokestack.stack.supervised import Supervisor
from smokestack.timings import Timings

LAST_LINES = 15


@dataclass
class DockerStack:
    """A running stack of containers. `close` ends it and leaves nothing in the engine."""

    plan: Plan
    directory: RunDirectory
    supervisor: Supervisor
    ports: Ports
    blueprint: Blueprint
    engine: Engine
    images: Images
    project: Project
    watch: Watch
    say: Say
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
    def absent(self) -> Mapping[str, str]:
        """Optional servers that it runs without."""
        return self.blueprint.absent

    def endpoints(self) -> Endpoints:
        """Where each server answers: at published ports of loopback."""
        return self.blueprint.endpoints()

    def info(self, versions: Mapping[str, str]) -> StackInfo:
        """What the report says of this stack."""
        services = self.blueprint.selection.services.values()
        return self.blueprint.info(
            "docker", versions, self.ready_of, self.ready_s, self.images.standins(services)
        )

    def containers(self) -> tuple[Container, ...]:
        """Limits, restarts and ends of each container, as the engine has them."""
        ends = self.watch.deaths()
        return tuple(
            container_of(self.engine.inspect(one["Id"]), name, ends)
            for name, one in sorted(self._containers().items())
        )

    def restart(self, service: str) -> None:
        """End a container at once and start it again; it is not missed meanwhile."""
        called = self._called(service)
        self.watch.forgive(called)
        self.engine.restart(self._containers()[called]["Id"])

    def check_alive(self) -> None:
        """Raise ServerExited if a container ended, also one that was restarted at once."""
        for death in self.watch.deaths():
            if death.code == 0 and death.service not in map(self._called, self.blueprint.rendered):
                continue  # a job that a team's project runs once, and that did what it should
            raise ServerExited(f"{death.service} {death} while the run went on")

    def save(self) -> None:
        """Copy rendered configuration and ledgers, and write every container's log."""
        for part in ("config", "loads"):
            if (self.folder / part).is_dir():
                shutil.copytree(self.folder / part, self.keep / part, dirs_exist_ok=True)
        logs = self.keep / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        try:
            for name, container in self._containers().items():
                text = self.engine.logs(container["Id"])
                (logs / f"{name}.log").write_text(text, encoding="utf-8")
        except StackError as error:
            self.say(f"smokestack: the containers' logs cannot be saved: {error.message}")

    def close(self) -> None:
        """Remove containers, networks, volumes and the run's folder.

        An engine that does not answer any more keeps what it has. That is said, not raised: the
        verdicts stand, and the next run removes it.
        """
        if self.closed:
            return
        self.closed = True
        self.watch.close()
        self.supervisor.close()
        try:
            with contextlib.suppress(StackError):
                self.project.down()
            self.engine.remove_all(run=self.plan.run_id)
        except StackError as error:
            self.say(
                f"smokestack: the containers of run {self.plan.run_id} may be left; the next run "
                f"with this engine removes them: {error.message}"
            )
        finally:
            self._let_go()

    def detach(self) -> None:
        """Leave the containers running; `kept.end` removes them."""
        urls = {name: endpoint.url for name, endpoint in self.endpoints().by_role.items()}
        pace = "fast" if self.factor > 1 else "real"
        kept.remember(
            self.folder,
            kept.Kept(
                self.plan.run_id, self.plan.system, pace, self.supervisor.pid, urls, "docker"
            ),
        )
        self.supervisor.detach()
        self.watch.close()
        self.engine.close()
        self.closed = True

    def _let_go(self) -> None:
        self.ports.release()
        self.directory.remove()
        self.engine.close()

    def start(self, probe: ReadyProbe) -> None:
        """Start every container and wait until each server says that it is ready."""
        started = time.monotonic()
        self.project.up()
        wait = Readiness(
            ask=lambda name: self._is_ready(name, probe),
            url_of=self.blueprint.ready_url,
            check=partial(self._check, started=started),
            particulars=self._particulars,
            within_s=self.plan.ready_s,
            started=started,
        )
        self.ready_of = wait.await_all(self.plan.only or self.blueprint.rendered)
        self.ready_s = time.monotonic() - started

    def _is_ready(self, name: str, probe: ReadyProbe) -> bool:
        """By its address; by its health check where it speaks no HTTP: a published port takes
        connections before the server does.
        """
        service = self.blueprint.rendered[name].service
        if service.extension.ready.path is not None:
            return probe(self.blueprint.ready_url(name))
        container = self._containers().get(self._called(name))
        return container is not None and self.engine.succeeds(container["Id"], service.health)

    def _check(self, name: str, started: float) -> None:
        for death in self.watch.deaths():
            if death.service == self._called(name):
                after = time.monotonic() - started
                raise ServerExited(
                    f"{name} {death}, {after:.1f} s after the start\n{self._particulars(name)}"
                )

    def _called(self, name: str) -> str:
        return compose_name(self.blueprint.rendered[name].service)

    def _containers(self) -> dict[str, Mapping[str, Any]]:
        """The run's containers as the engine lists them, by service."""
        return {one["Labels"][SERVICE]: one for one in self.engine.containers(run=self.plan.run_id)}

    def _particulars(self, name: str) -> str:
        container = self._containers().get(self._called(name))
        lines = self.engine.logs(container["Id"], LAST_LINES).splitlines() if container else []
        self.save()
        files = [
            self.keep / file.relative_to(self.folder)
            for file in self.blueprint.rendered[name].config_files
        ]
        return "\n".join(
            [
                f"  image: {self.blueprint.rendered[name].service.image}",
                f"  configuration: {', '.join(map(str, files)) or 'none'}",
                f"  log: {self.keep / 'logs' / f'{self._called(name)}.log'}, which ends with:",
                *(f"    {line}" for line in lines),
            ]
        )


def start(
    plan: Plan, probe: ReadyProbe, engine: Engine, composition: Composition, say: Say
) -> DockerStack:
    """Start a stack in containers. On any failure nothing of it is left but what was saved.

    Raises UsageError for what must change first, StackError for a server that did not come up; a
    port that was snatched away is tried again with others, `ATTEMPTS` times in all.
    """
    run_directory.sweep()
    leftovers.reap(engine)
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(PortTaken):
            return _start_once(plan, probe, engine, composition, say)
    return _start_once(plan, probe, engine, composition, say)


def _start_once(
    plan: Plan, probe: ReadyProbe, engine: Engine, composition: Composition, say: Say
) -> DockerStack:
    ports = Ports()
    directory = run_directory.create(plan.run_id)
    with contextlib.ExitStack() as undo:
        undo.callback(directory.remove)
        undo.callback(ports.release)
        layout = _layout(plan, directory, ports, composition.selection)
        blueprint = draw(plan, layout, composition.selection)
        _open_to_all(directory.path / "config")
        project = _project(plan, directory, composition, blueprint, layout, say)
        supervisor = Supervisor(directory.path / "supervisor.log", keep_open=directory.lock)
        undo.callback(supervisor.close)
        watch = Watch(engine, plan.run_id)
        undo.pop_all()
    stack = DockerStack(
        plan,
        directory,
        supervisor,
        ports,
        blueprint,
        engine,
        composition.images,
        project,
        watch,
        say,
    )
    try:
        stack.start(probe)
    except BaseException:
        with contextlib.suppress(OSError, StackError):
            stack.save()
        stack.close()
        raise
    return stack


def _layout(
    plan: Plan, directory: RunDirectory, ports: Ports, selection: Selection
) -> ContainerLayout:
    asked = {
        (name, port)
        for name, service in selection.services.items()
        for port in (asked_port(service), service.extension.ready.port)
    }
    asked |= set(selection.aliases.values())
    if TEMPO[0] in selection.services:
        asked.add(TEMPO)
    return ContainerLayout(
        directory.path,
        plan.root,
        {listener: ports.take() for listener in sorted(asked)},
        selection.aliases,
        selection.replaces,
        tuple(one.name for one in selection.left_out),
    )


def _project(
    plan: Plan,
    directory: RunDirectory,
    composition: Composition,
    blueprint: Blueprint,
    layout: ContainerLayout,
    say: Say,
) -> Project:
    """The Compose project of this run, our own images built."""
    images = composition.images
    outdated = images.outdated(blueprint.selection.services.values())
    file = directory.path / "override.yaml"
    text = override(
        project_name(plan.run_id),
        composition,
        blueprint,
        layout,
        leftovers.labels(plan.run_id),
        {service: {SOURCE: source} for service, source in outdated.items()},
    )
    file.write_text(text, encoding="utf-8")
    project = composition.project(file, profile=PROFILE, only=plan.only)
    if outdated:
        say(f"smokestack: building the image of {', '.join(outdated)}")
        project.build_images(*outdated)
    return project


def _open_to_all(folder: Path) -> None:
    """Let the users of containers read what is mounted into them, whatever our umask is; on this
    machine the run's folder above it stays closed.
    """
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def project_name(run_id: str) -> str:
    """The Compose project of a run: what `docker compose -p` takes."""
    return f"smokestack-{run_id}"
