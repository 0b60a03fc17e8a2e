"""Starts a stack of containers: compose.yaml and one override, under Testcontainers."""

from __future__ import annotations

import contextlib
from pathlib import Path

from smokestack.errors import PortTaken, StackError
from smokestack.stack import leftovers, run_directory
from smokestack.stack.blueprint import TEMPO, Blueprint, asked_ports, draw
from smokestack.stack.compose_override import PROFILE, override
from smokestack.stack.compose_project import Project
from smokestack.stack.composition import Composition
from smokestack.stack.container_layout import ContainerLayout
from smokestack.stack.container_watch import Watch
from smokestack.stack.docker import DockerStack
from smokestack.stack.engine import Engine
from smokestack.stack.images import SOURCE, Say
from smokestack.stack.plan import ATTEMPTS, Plan, ReadyProbe
from smokestack.stack.ports import Ports
from smokestack.stack.run_directory import RunDirectory
from smokestack.stack.selection import Selection
from smokestack.stack.supervised import Supervisor


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
        project = _project(plan, directory, engine, composition, blueprint, layout, say)
        supervisor = Supervisor(directory.path / "supervisor.log", keep_open=directory.lock)
        undo.callback(supervisor.close)
        watch = Watch(engine, plan.run_id)
        undo.pop_all()
    stack = DockerStack(
        plan=plan,
        directory=directory,
        supervisor=supervisor,
        ports=ports,
        blueprint=blueprint,
        engine=engine,
        images=composition.images,
        project=project,
        watch=watch,
        say=say,
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
        for port in asked_ports(service)
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
    engine: Engine,
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
        # Podman 4 lets a second container into a new volume before it has its owner.
        in_turn=engine.is_podman,
    )
    file.write_text(text, encoding="utf-8")
    project = composition.project(file, profile=PROFILE, only=plan.only)
    if engine.is_podman:
        # It has no BuildKit: Compose would pull moby/buildkit, run it there and leave it behind.
        # Asked as a classic builder, Podman builds by itself.
        project.variables = {**project.variables, "DOCKER_BUILDKIT": "0"}
    if outdated:
        say(f"smokestack: building the image of {', '.join(outdated)}")
        project.build_images(*outdated)
        engine.prune_images(SOURCE)  # the ones that were just replaced
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
