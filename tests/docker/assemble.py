"""Assembles stand-ins for the images of compose.yaml, where none can be pulled.

    python -m tests.docker.assemble              all that can be had
    python -m tests.docker.assemble IMAGE…       these, as compose.yaml names them
    python -m tests.docker.assemble --remove     take all stand-ins away again

A stand-in has the name and tag of the real image and our label. An image of that name without our
label is a real one: it is used as it is, never overwritten and never removed. Stand-ins are for
tests/docker alone.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import hashlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smokestack.errors import SmokestackError, UsageError
from tests.docker import debian, engine
from tests.docker.asked import Asked, asked_images
from tests.docker.contents import write_layer
from tests.docker.known_images import recipe_for
from tests.docker.recipes import CannotBeHad, Recipe

COMMAND = "python -m tests.docker.assemble"
_AT_ONCE = 2


class Outcome(enum.Enum):
    """What became of an image."""

    ASSEMBLED = "assembled"
    UNCHANGED = "unchanged"
    REAL = "a real image, left alone"
    NOT_HAD = "cannot be had"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Done:
    """One image: what became of it, and how."""

    name: str
    outcome: Outcome
    how: str
    seconds: float


def assemble(
    names: Sequence[str] = (),
    arguments: Mapping[str, str] | None = None,
    tell: Callable[[Done], None] = lambda _: None,
) -> list[Done]:
    """Have the named images (all of compose.yaml, for none) in the engine.

    `arguments` takes the place of build arguments that compose.yaml gives to its own images.

    One that fails does not keep the others from being assembled.

    Raises:
        UsageError: when an image is not named in compose.yaml.
    """
    chosen = _chosen(asked_images(), names)
    parts = [image for image in chosen if image.context is None]
    built = [image for image in chosen if image.context is not None]

    def one(image: Asked) -> Done:
        done = _have(image, arguments or {})
        tell(done)
        return done

    # What is built from a base comes after it.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [*pool.map(one, parts), *pool.map(one, built)]


def put(name: str, recipe: Recipe) -> Outcome:
    """Have a recipe's image under that name."""

    def build(labels: Mapping[str, str]) -> None:
        with debian.workplace() as place:
            _lay_out(recipe, place)
            engine.build(place, name, labels, {})

    return _replaced(name, recipe.key(), build)


def _chosen(known: Mapping[str, Asked], names: Sequence[str]) -> list[Asked]:
    if unknown := [name for name in names if name not in known]:
        raise UsageError(
            f"compose.yaml names no image {unknown[0]!r}", hint=f"there are: {', '.join(known)}"
        )
    with_bases = {base for name in names for base in known[name].bases()} | set(names)
    return [image for name, image in known.items() if not names or name in with_bases]


def _have(image: Asked, arguments: Mapping[str, str]) -> Done:
    start = time.monotonic()
    try:
        outcome, how = _had(image, arguments)
    except CannotBeHad as reason:
        outcome, how = Outcome.NOT_HAD, reason.message
    except SmokestackError as error:
        outcome, how = Outcome.FAILED, str(error)
    return Done(image.name, outcome, how, time.monotonic() - start)


def _had(image: Asked, arguments: Mapping[str, str]) -> tuple[Outcome, str]:
    if _is_real(engine.inspect(image.name)):
        return Outcome.REAL, "it has no label of ours"
    if image.context is None:
        recipe = recipe_for(image)
        return put(image.name, recipe), recipe.says
    return _built(image, image.context, arguments)


def _built(image: Asked, context: Path, arguments: Mapping[str, str]) -> tuple[Outcome, str]:
    given = {name: arguments.get(name, value) for name, value in image.arguments.items()}
    if engine.SOURCE in engine.labels_of(engine.inspect(image.name)):
        return Outcome.UNCHANGED, "built by the Docker backend, which sees to its sources"
    outcome = _replaced(
        image.name,
        _key_of_context(image, context, given),
        lambda labels: engine.build(context, image.name, labels, given),
    )
    return outcome, f"its own Dockerfile in {os.path.relpath(context)}"


def _replaced(name: str, key: str, build: Callable[[Mapping[str, str]], None]) -> Outcome:
    old = engine.inspect(name)
    if _is_real(old):
        return Outcome.REAL
    if engine.labels_of(old).get(engine.KEY) == key:
        return Outcome.UNCHANGED
    build({engine.STAND_IN: "true", engine.KEY: key})
    if old:
        # It has no name now. Where a container or another image still needs it, it stays.
        with contextlib.suppress(engine.EngineError):
            engine.remove([str(old["Id"])])
    return Outcome.ASSEMBLED


def _is_real(image: Mapping[str, Any] | None) -> bool:
    return image is not None and engine.labels_of(image).get(engine.STAND_IN) != "true"


def _lay_out(recipe: Recipe, place: Path) -> None:
    instructions = ["FROM scratch"]
    if recipe.tree:
        os.link(debian.have(recipe.tree), place / "tree.tar")
        instructions.append("ADD tree.tar /")
    write_layer(recipe.entries, place / "files.tar")
    instructions += ["ADD files.tar /", *recipe.instructions]
    (place / "Dockerfile").write_text("\n".join(instructions) + "\n", encoding="utf-8")


def _key_of_context(image: Asked, context: Path, arguments: Mapping[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(arguments.items())).encode())
    for base in image.bases():
        digest.update(str((engine.inspect(base) or {}).get("Id")).encode())
    for file in sorted(each for each in context.iterdir() if each.is_file()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _tell(done: Done) -> None:
    _say(f"{done.name}: {done.outcome.value} ({done.how}; {done.seconds:.1f} s)")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(given: Sequence[str] | None = None) -> int:
    """The command; 0 if all that can be had is there."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    parser.add_argument("--remove", action="store_true", help="remove all stand-ins")
    options = parser.parse_args(given)
    try:
        if options.remove:
            if found := engine.stand_ins():
                engine.remove(found)
            _say(f"removed {len(found)} stand-ins")
        else:
            done = assemble(options.images, tell=_tell)
            return int(any(each.outcome is Outcome.FAILED for each in done))
    except SmokestackError as error:
        sys.stderr.write(f"{COMMAND}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
