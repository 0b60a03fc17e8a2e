"""Which images compose/compose.yaml asks for, under which names, and which of them it builds.

Read with PyYAML alone, and only `services.*.image` and `services.*.build`: what else a service
says is not our business, so a new key of Compose changes nothing here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "compose" / "compose.yaml"

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::?-(?P<default>[^}]*))?[^}]*\}")
_FROM = re.compile(r"^FROM\s+(?:--\S+\s+)*(\S+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """One image: its full name, and the folder that it is built from if Compose builds it."""

    name: str
    context: Path | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> str:
        """The name without its tag: what says whose image it is."""
        return self.name.rpartition(":")[0] or self.name

    @property
    def tag(self) -> str:
        """The tag alone."""
        return self.name.rpartition(":")[2]

    def bases(self) -> tuple[str, ...]:
        """The images that its Dockerfile starts from."""
        if self.context is None:
            return ()
        text = (self.context / "Dockerfile").read_text(encoding="utf-8")
        return tuple(base for base in _FROM.findall(text) if base != "scratch")


def asked_images(
    file: Path = COMPOSE_FILE, variables: Mapping[str, str] = os.environ
) -> dict[str, Asked]:
    """Every image of a compose file by name, and those that its builds start from, bases first."""
    services = yaml.safe_load(file.read_text(encoding="utf-8"))["services"].values()
    named: dict[str, Asked] = {}
    for service in services:
        image = _asked(service, file.parent, variables)
        if image.name not in named or image.context:
            named[image.name] = image
    bases = {base: Asked(base) for image in named.values() for base in image.bases()}
    return bases | named


def _asked(service: Mapping[str, Any], base: Path, variables: Mapping[str, str]) -> Asked:
    name = filled(str(service["image"]), variables)
    build = service.get("build")
    if build is None:
        return Asked(name)
    build = {"context": build} if isinstance(build, str) else build
    context = (base / filled(build["context"], variables)).resolve()
    return Asked(name, context, _arguments(build.get("args") or {}, variables))


def _arguments(given: Any, variables: Mapping[str, str]) -> dict[str, str]:
    if isinstance(given, list):
        given = dict(str(each).partition("=")[::2] for each in given)
    return {str(name): filled(str(value or ""), variables) for name, value in given.items()}


def filled(text: str, variables: Mapping[str, str]) -> str:
    """A text with `${VARIABLE:-default}` filled in and `$$` undoubled, as Compose does it."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return variables.get(found["name"]) or found["default"] or ""

    return _VARIABLE.sub(value, text)
