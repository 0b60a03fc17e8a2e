"""Reads compose/compose.yaml: the one definition of the stack, for backends that are not Compose.

Only what our own file uses is understood; anything else in a service that we would have to obey
is refused rather than ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pydantic

from smokestack import yaml_file
from smokestack.errors import ConfigError

Kind = Literal["prometheus", "rules", "alertmanager", "loki", "otel-collector", "tempo", "grafana"]

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?(?P<demand>[^}]*))?\}|\$\$")
_SECRET = re.compile(r"\$__file\{/run/secrets/(?P<name>[\w.-]+)\}")
"""How Grafana is told to read a secret from the file that Compose makes of it."""


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Ready(_Strict):
    """Where a server says that it is ready: HTTP 200 on `path`; without one, that it accepts a
    connection.
    """

    port: int
    path: str | None = None


class Home(_Strict):
    """Where the image keeps the program's own files: a folder, and a file that it holds."""

    path: str
    holds: str


class StandsIn(_Strict):
    """The service whose place this one can take: that one's ports, and our own for each.

    `files`, as bind mounts are written: what other servers read -> what they read instead.
    """

    service: str
    listen: dict[int, int]
    files: dict[str, str] = {}


class Extension(_Strict):
    """`x-smokestack` of a service."""

    binary: str
    listen: dict[str, int]
    ready: Ready
    config: dict[str, Kind] = {}
    optional: bool = False
    exports: str | None = None
    entrypoint: str | None = None
    container_logs: str | None = None
    host_logs: str | None = None
    home: Home | None = None
    stands_in: StandsIn | None = None


class _Build(pydantic.BaseModel):
    """Only its folder matters to us; the rest is for Compose."""

    context: str


class _Health(pydantic.BaseModel):
    """How a container is asked about its health; when, is for Compose."""

    test: list[str]

    def command(self) -> tuple[str, ...]:
        """The test as an argument list."""
        kind, *words = self.test
        return ("/bin/sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words)


class _Service(_Strict):
    image: str
    profiles: list[str]
    command: list[str] = []
    environment: dict[str, str] = {}
    volumes: list[str] = []
    ports: list[str] = []
    x_smokestack: Extension = pydantic.Field(alias="x-smokestack")
    build: _Build | None = None
    secrets: list[str] = []
    healthcheck: _Health | None = None
    stop_signal: str = "SIGTERM"
    # What only containers have (natively, the program is x-smokestack.binary):
    cap_drop: object = None
    deploy: object = None
    entrypoint: object = None
    group_add: object = None
    hostname: object = None
    logging: object = None
    networks: object = None
    restart: object = None
    security_opt: object = None
    stop_grace_period: object = None
    user: object = None


class _Secret(_Strict):
    """A secret that comes from a variable of the environment."""

    environment: str


class _File(_Strict):
    name: str
    services: dict[str, _Service]
    networks: dict[str, object]
    volumes: dict[str, object]
    secrets: dict[str, _Secret] = {}
    x_server: object = pydantic.Field(None, alias="x-server")
    x_health: object = pydantic.Field(None, alias="x-health")


@dataclass(frozen=True)
class Mount:
    """A bind mount (`source` is an absolute path) or a volume (`source` is its name)."""

    source: str
    target: str

    @property
    def is_volume(self) -> bool:
        """Whether it is a named volume, whose content is the run's own."""
        return not self.source.startswith("/")


@dataclass(frozen=True)
class Service:
    """One server as compose.yaml describes it."""

    name: str
    image: str
    profiles: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # a password may be in it
    mounts: tuple[Mount, ...]
    extension: Extension
    health: tuple[str, ...] = ()
    """The command, inside a container, that tells whether the server is healthy."""
    container: str = ""
    """What Compose calls it, where that is not its `name`."""
    build: Path | None = None
    """The folder that its image is built from; None for an image that is pulled."""
    replaces: Mapping[Path, Path] = field(default_factory=dict)
    """Where it stands in for another: the files that are read no longer, and those instead."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The content of each file in /run/secrets, as far as it is known."""
    entrypoint: Path | None = None
    """The script that starts the program natively."""
    stop_signal: str = "SIGTERM"


def compose_name(service: Service) -> str:
    """What Compose calls a service."""
    return service.container or service.name


def read_services(file: Path, variables: Mapping[str, str]) -> dict[str, Service]:
    """All services of a compose file, with `${VARIABLE:-default}` and `${VARIABLE:?why it must
    be set}` filled in from `variables`, and the secrets that an environment reads from files.

    Raises ConfigError with file and line for anything that is not understood.
    """
    document = yaml_file.read(file)
    filled = replace(document, data=_fill(document.data, variables, file))
    parsed = yaml_file.validate(filled, _File)
    return {
        name: Service(
            name=name,
            image=raw.image,
            profiles=tuple(raw.profiles),
            command=tuple(raw.command),
            environment=_environment(raw, parsed.secrets, variables, file),
            mounts=tuple(_mount(volume, file.parent) for volume in raw.volumes),
            extension=raw.x_smokestack,
            health=raw.healthcheck.command() if raw.healthcheck else (),
            build=(file.parent / raw.build.context).resolve() if raw.build else None,
            replaces=_replaced(raw.x_smokestack.stands_in, file.parent),
            secrets=_contents(raw, parsed.secrets, variables),
            entrypoint=_script(raw.x_smokestack.entrypoint, file.parent),
            stop_signal=raw.stop_signal,
        )
        for name, raw in parsed.services.items()
    }


def read_env_file(file: Path) -> dict[str, str]:
    """`KEY=VALUE` lines, as `docker compose --env-file` reads them; comments and blanks skipped."""
    if not file.is_file():
        return {}
    values = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise ConfigError(f"expected KEY=VALUE, found {line!r}", file=file, line=number)
        values[key.strip()] = value.strip()
    return values


def _fill(data: object, variables: Mapping[str, str], file: Path) -> object:
    if isinstance(data, dict):
        return {key: _fill(value, variables, file) for key, value in data.items()}
    if isinstance(data, list):
        return [_fill(value, variables, file) for value in data]
    if isinstance(data, str):
        return _VARIABLE.sub(lambda match: _value(match, variables, file), data)
    return data


def _value(match: re.Match[str], variables: Mapping[str, str], file: Path) -> str:
    if match.group(0) == "$$":
        return "$"
    name, default = match.group("name"), match.group("default")
    value = variables.get(name) or default
    if value is None:
        why = match.group("demand") or "it has no default"
        raise ConfigError(f"${{{name}}} must be set: {why}", file=file)
    return value


def _environment(
    service: _Service, secrets: Mapping[str, _Secret], variables: Mapping[str, str], file: Path
) -> dict[str, str]:
    """Where it names the file of a secret, the secret: only containers have such files."""

    def secret(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in service.secrets or name not in secrets:
            raise ConfigError(f"/run/secrets/{name} is not among the secrets", file=file)
        variable = secrets[name].environment
        if not (value := variables.get(variable)):
            raise ConfigError(f"${{{variable}}} must be set: it is the secret {name}", file=file)
        return value

    return {key: _SECRET.sub(secret, value) for key, value in service.environment.items()}


def _contents(
    service: _Service, secrets: Mapping[str, _Secret], variables: Mapping[str, str]
) -> dict[str, str]:
    known = {name: secrets[name].environment for name in service.secrets if name in secrets}
    return {name: variables[of] for name, of in known.items() if of in variables}


def _script(entrypoint: str | None, base: Path) -> Path | None:
    return (base / entrypoint).resolve() if entrypoint else None


def _replaced(stands_in: StandsIn | None, base: Path) -> dict[Path, Path]:
    files = stands_in.files if stands_in else {}
    return {(base / old).resolve(): (base / new).resolve() for old, new in files.items()}


def _mount(volume: str, base: Path) -> Mount:
    source, target, *_ = volume.split(":")
    if source.startswith((".", "/")):
        return Mount(str((base / source).resolve()), target)
    return Mount(source, target)
