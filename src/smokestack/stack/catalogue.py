"""What the native backend can build: compose/native/servers.yaml, read and checked.

Nothing here runs Go or looks into the cache; a `ServerBuild` only says what to build and which
key its result is kept under, so that a change of any input makes a new entry.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pydantic
import yaml

from smokestack.errors import ConfigError, UsageError

SERVERS_YAML = Path(__file__).parents[3] / "compose" / "native" / "servers.yaml"
_GO_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
_INPUTS = ("go.mod", "go.sum", "main.go")


class _Entry(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    folder: str
    version: str
    stamp: str | None = None
    tags: tuple[str, ...] = ()
    binaries: dict[str, str] = pydantic.Field(min_length=1)
    cold_s: float = pydantic.Field(gt=0)


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    servers: dict[str, _Entry]


@dataclass(frozen=True)
class ServerBuild:
    """One server: the module it is built from and the binaries (name, package) it gives."""

    name: str
    module: Path
    version: str
    binaries: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    cold_s: float

    @property
    def packages(self) -> tuple[str, ...]:
        """The Go packages to build, in one go."""
        return tuple(package for _, package in self.binaries)

    def key(self) -> str:
        """16 hexadecimal digits that change with anything the binaries depend on."""
        digest = hashlib.sha256()
        for part in (*self.flags, *self.packages, *go_platform()):
            digest.update(part.encode() + b"\0")
        for file in (self.module / name for name in _INPUTS):
            digest.update(file.read_bytes() if file.is_file() else b"")
            digest.update(b"\0")
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Catalogue:
    """All servers that can be built, by name."""

    by_name: dict[str, ServerBuild]

    def select(self, names: Sequence[str] | None) -> tuple[ServerBuild, ...]:
        """The named servers, in the catalogue's order; all of them for None."""
        if names is None:
            return tuple(self.by_name.values())
        for name in names:
            if name not in self.by_name:
                raise _unknown(name, self.by_name)
        return tuple(build for name, build in self.by_name.items() if name in names)

    def giving(self, binary: str) -> ServerBuild | None:
        """The server whose build gives a binary of that name."""
        for build in self.by_name.values():
            if any(name == binary for name, _ in build.binaries):
                return build
        return None


def go_platform() -> tuple[str, str]:
    """GOOS and GOARCH of this machine, told without asking Go, which may be missing."""
    machine = platform.machine().lower()
    return ("darwin" if sys.platform == "darwin" else "linux"), _GO_ARCHITECTURE.get(
        machine, machine
    )


def load_catalogue(file: Path | None = None) -> Catalogue:
    """Read servers.yaml: `file`, or the one named by SMOKESTACK_SERVERS, or the project's own."""
    file = file or Path(os.environ.get("SMOKESTACK_SERVERS") or SERVERS_YAML)
    try:
        entries = _File.model_validate(yaml.safe_load(file.read_text())).servers
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise ConfigError(f"is not YAML: {error}", file=file, line=line) from error
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{where}: {first['msg']}", file=file) from error
    return Catalogue({name: _build(name, entry, file.parent) for name, entry in entries.items()})


def _build(name: str, entry: _Entry, root: Path) -> ServerBuild:
    stamp = f" -X {entry.stamp}={entry.version}" if entry.stamp else ""
    flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", f"-ldflags=-s -w{stamp}"]
    if entry.tags:
        flags.append(f"-tags={','.join(entry.tags)}")
    return ServerBuild(
        name=name,
        module=root / entry.folder,
        version=entry.version,
        binaries=tuple(entry.binaries.items()),
        flags=tuple(flags),
        cold_s=entry.cold_s,
    )


def _unknown(name: str, known: dict[str, ServerBuild]) -> UsageError:
    close = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean {close[0]}? " if close else ""
    return UsageError(
        f"no server named {name!r} can be installed",
        hint=f"{guess}There are: {', '.join(known)}.",
    )
