"""Which backend a run uses, and why: asked for, or the best that this machine has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import StackError, UsageError
from smokestack.stack import docker_start, native
from smokestack.stack.backend import Stack
from smokestack.stack.composition import compose
from smokestack.stack.engine import Engine
from smokestack.stack.engine_connect import connect
from smokestack.stack.images import Say
from smokestack.stack.plan import Plan, ReadyProbe

BACKENDS = ("auto", "docker", "native")


@dataclass(frozen=True)
class Choice:
    """A backend, why it was chosen, and how to start a stack with it."""

    backend: str
    reason: str
    start: Callable[[Plan, ReadyProbe], Stack]


def choose(wanted: str, plan: Plan, say: Say) -> Choice:
    """The backend for `wanted`: auto, docker or native.

    Raises UsageError where docker was asked for and cannot be had.
    """
    if plan.foreign and wanted == "native":
        raise UsageError(
            f"the system {plan.system} brings its own Compose files, which need Docker",
            hint="use --stack docker",
        )
    if plan.foreign and wanted == "auto":
        return _docker(plan, say, "the system brings its own Compose files")
    if wanted == "native":
        return Choice("native", "asked for", native.start)
    if wanted == "docker":
        return _docker(plan, say, "asked for")
    try:
        return _docker(plan, say, "")
    except (UsageError, StackError) as error:
        return Choice("native", error.message, native.start)


def require_possible(wanted: str) -> None:
    """Raise UsageError at once where Docker was asked for and no engine fits."""
    if wanted == "docker":
        connect().close()


def why_docker(root: Path, say: Say) -> str | None:
    """Why `--stack auto` takes Docker here, its images pulled now; None where it does not."""
    plan = Plan(root, "reference", "none", lambda _: 1.0, (), root)
    try:
        engine = connect()
    except UsageError:
        return None
    try:
        return _with_images(engine, plan, say, "").reason
    except (UsageError, StackError):
        return None
    finally:
        engine.close()


def _docker(plan: Plan, say: Say, reason: str) -> Choice:
    engine = connect()
    try:
        return _with_images(engine, plan, say, reason)
    except BaseException:
        engine.close()
        raise


def _with_images(engine: Engine, plan: Plan, say: Say, reason: str) -> Choice:
    composition = compose(plan, engine, say)
    selection = composition.selection
    parts = [reason or f"{engine.name} answers and the images are here"]
    parts += [f"without {one.name}" for one in selection.left_out]
    parts += [f"{one.name} stands in for {one.instead_of}" for one in selection.standins]
    return Choice(
        "docker",
        ", ".join(parts),
        lambda plan, probe: docker_start.start(plan, probe, engine, composition, say),
    )
