"""The images of a stack: which are here, pulling those that are not, building our own."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smokestack.errors import StackError, UsageError
from smokestack.results import Standin
from smokestack.stack.compose_file import Service
from smokestack.stack.engine import LABEL, Engine
from smokestack.stack.install_display import span

SAY_EVERY_S = 5.0
"""Seconds between two lines on pulls that go on."""

SOURCE = f"{LABEL}.source"
STAND_IN = f"{LABEL}.stand-in"

Say = Callable[[str], None]


@dataclass
class Images:
    """What the engine has, by name and tag, and why what it lacks could not be had."""

    here: dict[str, Mapping[str, str]]
    failed: dict[str, str] = field(default_factory=dict)

    def lacking(self, service: Service) -> UsageError | None:
        """Why a service cannot run; None where its image is here or will be built."""
        if service.build or tagged(service.image) in self.here:
            return None
        why = self.failed.get(service.image, "nobody asked for it")
        return UsageError(
            f"the image {service.image} is not here and cannot be pulled: {why}",
            hint=f"try `docker pull {service.image}`, or use --stack native",
        )

    def outdated(self, services: Iterable[Service]) -> dict[str, str]:
        """Services whose own image is missing or was built from other sources -> the hash of
        the present ones. One service for each image is enough.
        """
        stale: dict[str, tuple[str, str]] = {}
        for service in services:
            if not service.build:
                continue
            source = source_hash(service.build)
            if self.here.get(service.image, {}).get(SOURCE) != source:
                stale.setdefault(service.image, (service.name, source))
        return dict(stale.values())

    def standins(self, services: Iterable[Service]) -> tuple[Standin, ...]:
        """Images that say of themselves that they are not what they are called."""
        return tuple(
            Standin(service.name, service.image, "its image was assembled for tests", "image")
            for service in services
            if self.here.get(service.image, {}).get(STAND_IN)
        )


def have(engine: Engine, wanted: Iterable[str], say: Say) -> Images:
    """See which images are here, and pull the others side by side."""
    images = Images(engine.images())
    if absent := sorted({image for image in wanted if tagged(image) not in images.here}):
        _pull_all(engine, absent, images, say)
        images.here = engine.images()
    return images


def tagged(image: str) -> str:
    """An image's name as an engine lists it: without tag or digest, `latest` is meant."""
    named = "@" in image or ":" in image.rpartition("/")[2]
    return image if named else f"{image}:latest"


def _pull_all(engine: Engine, wanted: list[str], images: Images, say: Say) -> None:
    say(f"smokestack: pulling {len(wanted)} images: {', '.join(wanted)}")
    pulls = [_Pull(engine, image) for image in wanted]
    stop = threading.Event()

    def report() -> None:
        while not stop.wait(SAY_EVERY_S):
            going = [pull.shown() for pull in pulls if not pull.over]
            say(f"  still pulling: {', '.join(going)}")

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    # Daemons, and no pool: an interrupt must not wait for pulls to end.
    threads = [threading.Thread(target=pull.run, daemon=True) for pull in pulls]
    try:
        for thread in threads:
            thread.start()
        for thread, pull in zip(threads, pulls, strict=True):
            thread.join()
            say(f"  {pull.outcome()}")
    finally:
        stop.set()
        reporter.join()
    images.failed |= {pull.image: pull.error for pull in pulls if pull.error}


class _Pull:
    """One image on its way. Bytes are of the layers that the engine told of."""

    def __init__(self, engine: Engine, image: str) -> None:
        self.engine, self.image = engine, image
        self.started = time.monotonic()
        self.layers: dict[str, tuple[int, int]] = {}
        self.error = ""
        self.over = False

    def run(self) -> None:
        try:
            for line in self.engine.pull(tagged(self.image)):
                detail = line.get("progressDetail") or {}
                if line.get("status") == "Downloading" and detail.get("total"):
                    self.layers[line["id"]] = (detail["current"], detail["total"])
        except StackError as error:
            self.error = error.message.partition(f"{self.image}: ")[2] or error.message
        self.over = True

    def shown(self) -> str:
        done = sum(current for current, _ in self.layers.values())
        total = sum(size for _, size in self.layers.values())
        return f"{self.image} {done / 1e6:.0f} of {total / 1e6:.0f} MB"

    def outcome(self) -> str:
        if self.error:
            return f"{self.image}: {self.error}"
        return f"{self.image}: pulled in {span(time.monotonic() - self.started)}"


def source_hash(context: Path) -> str:
    """16 hexadecimal digits that change with any file an image is built from."""
    digest = hashlib.sha256()
    for file in sorted(path for path in context.rglob("*") if path.is_file()):
        if "__pycache__" in file.parts:
            continue
        digest.update(str(file.relative_to(context)).encode() + b"\0")
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
