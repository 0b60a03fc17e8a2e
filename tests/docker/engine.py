"""The one edge to the Docker engine: its command line, run without a shell.

Only the classic builder is used: a Debian engine brings it, and it needs no plugin.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from smokestack.errors import UsageError

STAND_IN = "dev.smokestack.stand-in"
"""The label of every stand-in. Images that are built from one inherit it."""
KEY = "dev.smokestack.key"
"""The label with the hash of what a stand-in was assembled from."""
SOURCE = "dev.smokestack.source"
"""The label of images that the Docker backend built."""

_SHOWN_LINES = 15
_COLOUR = re.compile(r"\x1b\[\d*m")


class EngineError(UsageError):
    """The engine did not do what it was told."""


def docker(*arguments: str, timeout_s: float = 600) -> str:
    """What `docker …` prints.

    Raises:
        EngineError: when it fails; shows its last lines.
    """
    try:
        done = subprocess.run(
            ["docker", *arguments],
            env={**os.environ, "DOCKER_BUILDKIT": "0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
    except FileNotFoundError as error:
        raise EngineError("there is no `docker` on PATH") from error
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"docker {arguments[0]}: not done in {timeout_s:.0f} s") from error
    if done.returncode:
        command, said = " ".join(arguments[:2]), _last_lines(done.stdout + done.stderr)
        raise EngineError(f"docker {command} ended with {done.returncode}:\n{said}")
    return done.stdout


def why_no_engine() -> str | None:
    """Why no engine can be used here, or None if one answers."""
    try:
        docker("version", "--format", "{{.Server.Version}}", timeout_s=20)
    except EngineError as error:
        return f"no Docker engine answers: {error.message.splitlines()[-1].strip(' .?')}"
    return None


def inspect(name: str) -> dict[str, Any] | None:
    """What the engine tells about an image, or None if it has none of that name."""
    try:
        found: list[dict[str, Any]] = json.loads(docker("image", "inspect", name))
    except EngineError as error:
        if "no such image" in error.message.lower():
            return None
        raise
    return found[0]


def labels_of(image: Mapping[str, Any] | None) -> dict[str, str]:
    """The labels of an inspected image; none, if there is none."""
    return ((image or {}).get("Config") or {}).get("Labels") or {}


def images() -> set[str]:
    """Name and tag of every image that the engine has."""
    return set(docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())


def build(
    context: Path, name: str, labels: Mapping[str, str], arguments: Mapping[str, str]
) -> None:
    """Build a folder's Dockerfile under that name."""
    given = [f"--label={key}={value}" for key, value in labels.items()]
    given += [f"--build-arg={key}={value}" for key, value in arguments.items()]
    docker("build", "--force-rm", *given, "--tag", name, str(context), timeout_s=1800)


def remove(images: Sequence[str]) -> None:
    """Remove images by name or id; those that a container still uses stay, and that is an error."""
    docker("image", "rm", *images)


def stand_ins() -> list[str]:
    """Names (ids, where they have none) of all images with our label."""
    listed = docker(
        "image", "ls", "--filter", f"label={STAND_IN}=true",
        "--format", "{{.Repository}}:{{.Tag}} {{.ID}}",
    )  # fmt: skip
    pairs = (line.split() for line in listed.splitlines())
    return [number if "<none>" in name else name for name, number in pairs]


def _last_lines(text: str) -> str:
    lines = [line for line in _COLOUR.sub("", text).splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-_SHOWN_LINES:])
