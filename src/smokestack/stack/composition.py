"""Which Compose project is started: ours, or a team's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smokestack.errors import UsageError
from smokestack.stack import foreign
from smokestack.stack.compose_file import Service, compose_name
from smokestack.stack.compose_project import Project
from smokestack.stack.engine import Engine
from smokestack.stack.images import Images, Say, have
from smokestack.stack.plan import Foreign, Plan
from smokestack.stack.selection import TRACE_STORES, Lacking, Selection, select


@dataclass(frozen=True)
class Composition:
    """A project's files, the folder they are relative to, and what of it plays which role.

    `others` are services that play no role and are started too; `own` says that the project is
    a team's: names and volumes that it shares with a stack of theirs are kept out of this run.
    """

    files: tuple[Path, ...]
    context: Path
    variables: Mapping[str, str] = field(repr=False)
    selection: Selection
    images: Images
    networks: tuple[str, ...] = ("observability",)
    volumes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    own: bool = False

    def project(self, *more: Path, profile: str, only: tuple[str, ...] = ()) -> Project:
        """The project with further files, such as the override of a run."""
        return Project(
            context=self.context,
            compose_file_name=[os.fspath(file) for file in (*self.files, *more)],
            profiles=[profile],
            wait=False,
            build=self.own,
            services=list(only) or None,
            variables=self.variables,
        )


def compose(plan: Plan, engine: Engine, say: Say) -> Composition:
    """Read the project of a plan and have its images. Raises UsageError for what is lacking."""
    return _theirs(plan.foreign, engine, say) if plan.foreign else _ours(plan, engine, say)


def _ours(plan: Plan, engine: Engine, say: Say) -> Composition:
    variables = plan.variables()
    services = plan.services(variables)
    profile = plan.profile(variables)
    wanted = [service for service in services.values() if profile in service.profiles]
    images = have(engine, {one.image for one in wanted if not one.build}, say)
    selection = select(services, profile, _lacking(engine, images))
    return Composition(
        files=(plan.compose,),
        context=plan.root,
        variables=variables | {"COMPOSE_DISABLE_ENV_FILE": "1"},  # theirs, for starts by hand
        selection=selection,
        images=images,
        volumes=_volumes(selection.services),
    )


def _lacking(engine: Engine, images: Images) -> Lacking:
    """Why a service cannot run here: its image, or what the engine keeps elsewhere."""

    def why(service: Service) -> UsageError | None:
        read = service.extension.container_logs
        if read and Path(read).parent != (kept := engine.folder()):
            return UsageError(f"{engine.name} keeps the output of containers in {kept}")
        return images.lacking(service)

    return why


def _volumes(services: Mapping[str, Service]) -> tuple[str, ...]:
    mounts = (mount for service in services.values() for mount in service.mounts)
    return tuple(sorted({mount.source for mount in mounts if mount.is_volume}))


def _theirs(project: Foreign, engine: Engine, say: Say) -> Composition:
    files = project.files
    variables = dict(os.environ)  # as when they start it by hand
    reader = Project(
        context=files[0].parent,
        compose_file_name=[os.fspath(file) for file in files],
        profiles=list(project.profiles),
        variables=variables,
    )
    found = foreign.read(project, reader.config())
    images = have(engine, found.images, say)
    for service in found.services.values():
        if service.image in found.images and (error := images.lacking(service)):
            raise error
    playing = {compose_name(service) for service in found.services.values()}
    return Composition(
        files=files,
        context=files[0].parent,
        variables=variables,
        selection=Selection(
            found.services,
            trace_store=next((name for name in TRACE_STORES if name in found.services), None),
        ),
        images=images,
        networks=found.networks,
        volumes=found.volumes,
        others=tuple(name for name in found.everything if name not in playing),
        own=True,
    )
