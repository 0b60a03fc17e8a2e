"""A stack that somebody else runs, as a file says it: where it answers and what we may do there.

Secrets stand in environment variables or in files of their own; one that stands in the file itself
is taken, and warned about.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic

from smokestack import yaml_file
from smokestack.endpoints import Endpoint, Endpoints, Limits, Tls, basic_auth
from smokestack.errors import ConfigError
from smokestack.leave import Leave
from smokestack.observe.calls import CallLog
from smokestack.stack_secret import Secret
from smokestack.stack_traffic import Traffic
from smokestack.system import given
from smokestack.system.units import Bytes, Seconds, Section
from smokestack.yaml_file import Document

SERVERS = (
    "prometheus", "alertmanager", "loki", "tempo", "jaeger", "traces-metrics", "grafana",
    "otel-collector",
)  # fmt: skip
"""What an endpoint may be called, beside the services of the application. `traces-metrics` is
where the trace store's own figures are, if not where it answers.
"""

STORES = ("tempo", "jaeger")
PROXIED = ("prometheus", "alertmanager", "loki", *STORES)
"""What can be asked through a data source of Grafana; each is the type of the data source, too."""
TENANT = "X-Scope-OrgID"
"""The header by which Loki, Tempo and Mimir tell tenants apart (their documentation)."""


class Basic(Section):
    """HTTP basic authentication."""

    user: str
    password: Secret


class TlsFiles(Section):
    """PEM files, relative to the stack file."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


class Address(Section):
    """Where one server answers, and what it wants to see."""

    model_config = pydantic.ConfigDict(json_schema_extra={"not": {"required": ["bearer", "basic"]}})

    url: Annotated[str, pydantic.Field(pattern=r"^https?://[^/@\s]+(/[^?#\s]*)?$")]
    bearer: Secret | None = None
    basic: Basic | None = None
    tls: TlsFiles | None = None
    tenant: str | None = None
    headers: Mapping[str, Secret] = pydantic.Field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.bearer is not None and self.basic is not None:
            raise ValueError("says both `bearer` and `basic`; a request has one of them")
        return self


class Source(Section):
    """A data source of Grafana: its uid, its name, or its number (Grafana before 9). `path` is
    what its server has before the paths of its API, such as `/alertmanager` for Mimir's.
    """

    uid: Annotated[str, pydantic.Field(pattern=r"^[\w-]+$")] | None = None
    name: str | None = None
    id: Annotated[int, pydantic.Field(gt=0)] | None = None
    path: Annotated[str, pydantic.Field(pattern=r"^(/[\w.-]+)*$")] = ""

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        if [self.uid, self.name, self.id].count(None) != 2:
            raise ValueError("needs one of `uid`, `name` and `id`")
        return self


class Spared(Section):
    """What the servers are spared: requests per second to all of them together, how far a
    question may look back, how many rows it may ask for, how long an answer may be.
    """

    rate: Annotated[float, pydantic.Field(gt=0, le=100)] = Limits.rate
    range: Seconds = Limits.range_s
    rows: Annotated[int, pydantic.Field(gt=0)] = Limits.rows
    body: Bytes = float(Limits.body)


class Waits(Section):
    """Waits that no server tells of: from an event to its line in Loki, from a span to its trace
    being found.
    """

    logs: Seconds = 15.0
    traces: Seconds = 30.0


def _known_servers(schema: dict[str, Any]) -> None:
    """What an editor may offer as an endpoint, beside services of the application."""
    address = schema["additionalProperties"]
    schema["properties"] = dict.fromkeys(SERVERS, address)
    schema["not"] = {"required": list(STORES)}


ASKED_ITSELF: Mapping[str, Any] = {
    "if": {"not": {"required": ["via"]}},
    "then": {"properties": {"endpoints": {"required": ["prometheus"]}}},
}
"""Without `via`, Prometheus must be an endpoint."""


class StackFile(Section, json_schema_extra=dict(ASKED_ITSELF)):
    """What a stack file may say. `without`: optional servers of the system that it does not have.
    `look_back` is the window in which data is looked for. `via: grafana`: what `endpoints` does
    not name is asked through Grafana's data sources, those of `sources` or, without it, the one of
    each type. `firing` are alerts that fire while all is well, such as a dead man's switch.
    """

    system: str
    endpoints: Annotated[Mapping[str, Address], pydantic.Field(json_schema_extra=_known_servers)]
    via: Literal["grafana"] | None = None
    sources: Mapping[str, Source] = pydantic.Field(default_factory=dict)
    without: tuple[str, ...] = ()
    traffic: Traffic = Traffic()
    limits: Spared = Spared()
    waits: Waits = Waits()
    look_back: Seconds = 3600.0
    firing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remote:
    """A stack file that was read: `said`, and its endpoints with their secrets in place. `leave` is
    there where requests may be sent.

    While `seeking`, the endpoints behind Grafana's data sources are yet to be found; `calls` has
    what was asked for that.
    """

    path: Path
    said: StackFile
    endpoints: Endpoints
    warnings: tuple[str, ...] = ()
    seeking: bool = False
    calls: CallLog = field(default_factory=CallLog, compare=False)
    leave: Leave | None = None


def read(
    path: Path, services: Collection[str], environment: Mapping[str, str], entry: str = ""
) -> Remote:
    """Read a stack file. `services` are those of the system's application, `entry` the one of them
    that requests would go to.

    Raises ConfigError (file, line, key, what is allowed) for a file that does not say what it
    should, an unknown server, or a secret that is not there.
    """
    document, said = _said(path)
    reader = _Reader(document, environment)
    _require_known(document, said, services)
    limits = Limits(said.limits.rate, said.limits.range, said.limits.rows, int(said.limits.body))
    roles: dict[str, Endpoint] = {}
    for name, address in said.endpoints.items():
        made = reader.endpoint(name, address, limits)
        roles["traces" if name in STORES else name] = made
    if "tempo" in said.endpoints:  # its own figures are where it answers
        roles.setdefault("traces-metrics", roles["traces"])
    leave = reader.leave(said, entry, roles.get(entry))
    seeking = said.via is not None
    return Remote(path, said, Endpoints(roles), tuple(reader.warnings), seeking, leave=leave)


def system_of(path: Path) -> str:
    """The system that a stack file is of. Raises ConfigError as `read`."""
    return _said(path)[1].system


def _said(path: Path) -> tuple[Document, StackFile]:
    document = yaml_file.read(path)
    return document, yaml_file.validate(document, StackFile)


def _require_known(document: Document, said: StackFile, services: Collection[str]) -> None:
    known = (*SERVERS, *services)
    for name in said.endpoints:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            guess = f"did you mean {close[0]}? " if close else ""
            raise ConfigError(
                f"endpoints: there is no server {name!r}",
                file=document.path,
                line=document.line(("endpoints", name)),
                hint=f"{guess}known: {', '.join(known)}",
            )
    if "prometheus" not in said.endpoints and said.via is None:
        line = document.line(("endpoints",))
        raise ConfigError("endpoints: prometheus is missing", file=document.path, line=line)
    if all(store in said.endpoints for store in STORES):
        line = document.line(("endpoints", STORES[1]))
        raise ConfigError("endpoints: tempo and jaeger: one of them", file=document.path, line=line)
    _require_known_sources(document, said)


def _require_known_sources(document: Document, said: StackFile) -> None:
    """Raise ConfigError where what is asked through Grafana cannot be told from the file."""

    def wrong(what: str, hint: str, *where: str) -> ConfigError:
        return ConfigError(what, file=document.path, line=document.line(where), hint=hint)

    if said.via is None and said.sources:
        raise wrong("sources: nothing is asked through them", "add `via: grafana`", "sources")
    if said.via and "grafana" not in said.endpoints:
        hint = "endpoints: {grafana: {url: …, bearer: {env: GRAFANA_TOKEN}}}"
        raise wrong("via: grafana, and endpoints has none", hint, "via")
    for name in said.sources:
        if name not in PROXIED:
            known = f"known: {', '.join(PROXIED)}"
            raise wrong(f"sources: no data source leads to {name!r}", known, "sources", name)
        if name in said.endpoints:
            hint = "one of them: the address is asked directly, the data source through Grafana"
            raise wrong(f"{name}: endpoints and sources both name it", hint, "sources", name)
    named = {*said.sources, *said.endpoints}
    if said.sources and "prometheus" not in named:
        raise wrong("sources: prometheus is missing", "sources: {prometheus: {uid: …}}", "sources")
    if said.via and all(store in named for store in STORES):
        raise wrong("sources: tempo and jaeger: one of them", "a stack has one store", "sources")


class _Reader:
    """Makes endpoints, and finds their secrets."""

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document = document
        self.environment = environment
        self.warnings: list[str] = []

    def endpoint(self, name: str, address: Address, limits: Limits) -> Endpoint:
        headers = dict(self._headers(name, address))
        tls = Tls(
            *(self._file(name, key, getattr(address.tls, key, None)) for key in
              ("ca", "certificate", "key"))
        )  # fmt: skip
        return Endpoint(name, address.url.rstrip("/"), headers, tls, limits)

    def _headers(self, name: str, address: Address) -> Iterator[tuple[str, str]]:
        if address.bearer is not None:
            token = self._secret(address.bearer, ("endpoints", name, "bearer"))
            yield "Authorization", f"Bearer {token}"
        if address.basic is not None:
            where = ("endpoints", name, "basic", "password")
            password = self._secret(address.basic.password, where)
            yield from basic_auth(address.basic.user, password).items()
        if address.tenant is not None:
            yield TENANT, address.tenant
        yield from self._said_of(address.headers, ("endpoints", name))

    def _said_of(
        self, headers: Mapping[str, Secret], where: tuple[str, ...]
    ) -> Iterator[tuple[str, str]]:
        for header, value in headers.items():
            if isinstance(value, str):  # not each header is a secret
                yield header, value
            else:
                yield header, self._secret(value, (*where, "headers", header))

    def leave(self, said: StackFile, entry: str, to: Endpoint | None) -> Leave | None:
        """What may be sent to the application; None where nothing may. Raises ConfigError for
        what cannot be.
        """
        traffic = said.traffic
        if not traffic.allow:
            return None
        if fault := traffic.fault(entry, to, said.limits.rows):
            key, why = fault
            line = self.document.line(("traffic", key))
            raise ConfigError(f"traffic.{key}: {why}", file=self.document.path, line=line)
        return traffic.leave(given(to), dict(self._said_of(traffic.headers, ("traffic",))))

    def _secret(self, secret: Secret, where: tuple[str, ...]) -> str:
        line = self.document.line(where)
        key = ".".join(where).removeprefix("endpoints.")
        if isinstance(secret, str):
            self.warnings.append(
                f"{self.document.path}:{line}: {key} stands there in plain text; write "
                "`{env: NAME}` or `{file: PATH}` instead"
            )
            return secret
        if secret.env is not None:
            found = self.environment.get(secret.env, "")
            if not found:
                raise ConfigError(
                    f"{key}: the environment variable {secret.env} is not set",
                    file=self.document.path,
                    line=line,
                    hint=f"export {secret.env}=…",
                )
            return found
        return self._read(Path(str(secret.file)), key, line)

    def _read(self, file: Path, key: str, line: int | None) -> str:
        try:
            return (self.document.path.parent / file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{key}: {file} cannot be read: {error}", file=self.document.path, line=line
            ) from error

    def _file(self, name: str, key: str, given: str | None) -> Path | None:
        if given is None:
            return None
        file = self.document.path.parent / Path(given).expanduser()
        if not os.access(file, os.R_OK):
            raise ConfigError(
                f"{name}.tls.{key}: {given} is not there, or cannot be read",
                file=self.document.path,
                line=self.document.line(("endpoints", name, "tls", key)),
            )
        return file.resolve()
