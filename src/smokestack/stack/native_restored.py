"""A server once more, as a process beside the first, on a copy of what that one has stored."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from smokestack.endpoints import Endpoint
from smokestack.errors import StackError
from smokestack.stack.blueprint import asked_port
from smokestack.stack.compose_file import Service
from smokestack.stack.native_layout import NativeLayout
from smokestack.stack.ports import Ports
from smokestack.stack.render import render
from smokestack.stack.supervised import Supervisor, clean_environment

STOP_S = 2.0
"""Seconds in which it may end by itself; its data is thrown away."""


@contextlib.contextmanager
def restored(
    service: Service,
    program: Sequence[str],
    layout: NativeLayout,
    ports: Ports,
    supervisor: Supervisor,
    factor: float,
) -> Iterator[Endpoint]:
    """It runs while this is open: the same configuration, in a folder and on ports of its own.
    Raises StackError where it cannot be started.
    """
    name = f"{service.name}-restored"
    own = {(service.name, port): ports.take() for port in service.extension.listen.values()}
    other = replace(layout, folder=layout.folder / name, ports={**layout.ports, **own})
    for mount in service.mounts:
        if mount.is_volume:
            _copy(layout.place(service, mount.target), other.place(service, mount.target))
    rendered = render(service, other, factor, {})
    child = supervisor.spawn(
        name,
        [*program, *rendered.arguments],
        env=clean_environment(rendered.environment),
        cwd=other.folder,
        log=layout.folder / "logs" / f"{name}.log",
    )
    try:
        yield Endpoint(name, other.url(service.name, asked_port(service)))
    finally:
        child.stop(within_s=STOP_S)


def _copy(source: Path, to: Path) -> None:
    """A copy of what is being written to: what goes away meanwhile was not to stay."""
    try:
        shutil.copytree(source, to)
    except shutil.Error as errors:
        if lasting := [why for path, _, why in errors.args[0] if Path(path).exists()]:
            raise StackError(f"{source} cannot be copied: {lasting[0]}") from errors
    except OSError as error:
        raise StackError(f"{source} cannot be copied: {error}") from error
