"""The Docker backend: a stack of containers as it runs, until nothing of it is left."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from smokestack.endpoints import Endpoint
from smokestack.errors import ServerExited, StackError
from smokestack.processes import Ran
from smokestack.results import StackInfo
from smokestack.samples import Container, Output
from smokestack.stack import leftovers
from smokestack.stack.blueprint import asked_port
from smokestack.stack.compose_file import compose_name
from smokestack.stack.compose_project import Project
from smokestack.stack.container_disk import Disk
from smokestack.stack.container_output import output_of
from smokestack.stack.container_restored import restored
from smokestack.stack.container_tool import fetch_from_container, run_in_container
from smokestack.stack.container_usage import usage_of
from smokestack.stack.container_watch import SERVICE, Watch, container_of
from smokestack.stack.engine import Engine
from smokestack.stack.images import Images, Say
from smokestack.stack.own_stack import OwnStack
from smokestack.stack.plan import ReadyProbe
from smokestack.stack.readiness import Readiness
from smokestack.usage import Usage

LAST_LINES = 15


@dataclass(kw_only=True)
class DockerStack(OwnStack):
    """A running stack of containers. `close` ends it and leaves nothing in the engine."""

    engine: Engine
    images: Images
    project: Project
    watch: Watch
    say: Say

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

    @property
    def usage_source(self) -> str:
        """The engine, which reads the kernel's own figures of each container."""
        return "the container engine"

    def usage(self) -> Mapping[str, Usage]:
        """What the engine has of each container that runs."""
        there = self._containers()
        mine = {
            role: there[self._called(role)]
            for role in self.blueprint.rendered
            if self._called(role) in there
        }
        asked = {role: one["Id"] for role, one in mine.items()}
        held = self._disk.held(mine)
        # Docker 20.10 was seen to take a second for each, and no longer for all side by side.
        with ThreadPoolExecutor(max(1, len(asked)), thread_name_prefix="usage") as pool:
            told = zip(asked, pool.map(self.engine.stats, asked.values()), strict=True)
            return {
                role: replace(one, disk=held.get(role))
                for role, stats in told
                if (one := usage_of(stats))
            }

    @cached_property
    def _disk(self) -> Disk:
        return Disk(self.engine)

    def output(self, service: str, until: float) -> Output | None:
        """What the engine keeps of what a container wrote to stdout and stderr."""
        container = self._containers().get(service)
        return output_of(self.engine.output(container["Id"], until)) if container else None

    def run_tool(self, service: str, argv: Sequence[str], folder: Path) -> Ran:
        """Run the program that the server's image has, in its container."""
        container = self._containers().get(self._called(service))
        if container is None:
            raise StackError(f"{argv[0]} cannot be run: there is no container of {service}")
        return run_in_container(self.engine, container["Id"], argv, folder)

    def fetch(self, service: str, path: str, to: Path) -> None:
        """Copy it out of the server's container."""
        container = self._containers().get(self._called(service))
        if container is None:
            raise StackError(f"{path} cannot be copied: there is no container of {service}")
        fetch_from_container(self.engine, container["Id"], path, to)

    def restored(self, service: str) -> AbstractContextManager[Endpoint]:
        """A second container, of the same image."""
        called, port = self._called(service), self.ports.take()
        one = self.blueprint.rendered[service].service
        volumes = [mount.target for mount in one.mounts if mount.is_volume]
        self.watch.forgive(f"{called}-restored")
        return restored(
            self.engine, self._containers()[called]["Id"], f"{called}-restored",
            volumes, (asked_port(one), port), leftovers.labels(self.plan.run_id),
        )  # fmt: skip

    def restart(self, service: str) -> None:
        """End a container at once and start it again; it is not missed meanwhile."""
        container = self._container(service)
        self.watch.forgive(self._called(service))
        self.engine.restart(container)

    def stop(self, service: str) -> None:
        """End a container; it is not missed meanwhile."""
        container = self._container(service)
        self.watch.forgive(self._called(service))
        self.engine.stop(container)

    def start_again(self, service: str) -> None:
        """Start a container that was stopped, with the data that it left."""
        self.engine.start(self._container(service))

    def check_alive(self) -> None:
        """Raise ServerExited if a container ended, also one that was restarted at once."""
        for death in self.watch.deaths():
            if death.code == 0 and death.service not in map(self._called, self.blueprint.rendered):
                continue  # a job that a team's project runs once, and that did what it should
            text = f"{death.service} {death} while the run went on"
            raise ServerExited(text, server=death.service)

    def save(self) -> None:
        """Copy rendered configuration and ledgers, and write every container's log."""
        self._copy("config", "loads")
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
        self._remember("docker")
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
                    f"{name} {death}, {after:.1f} s after the start\n{self._particulars(name)}",
                    server=name,
                )

    def _called(self, name: str) -> str:
        return compose_name(self.blueprint.rendered[name].service)

    def _containers(self) -> dict[str, Mapping[str, Any]]:
        """The run's containers as the engine lists them, by service."""
        return {one["Labels"][SERVICE]: one for one in self.engine.containers(run=self.plan.run_id)}

    def _container(self, service: str) -> str:
        """The id of a service's container, running or not."""
        if service in self.blueprint.rendered:
            for name, one in self._containers().items():
                if name == self._called(service):
                    return str(one["Id"])
        raise StackError(f"this stack has no container of {service}")

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
