"""Finds the servers that are asked through Grafana: which of its data sources leads to which.

Each becomes an endpoint of its own, with the address of Grafana's proxy (`/api/datasources/proxy/
uid/<uid>`, before Grafana 9 `/api/datasources/proxy/<id>`) and Grafana's token. So what may be
asked of it is what may be asked of that server anywhere, below that address.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from smokestack.endpoints import Endpoint, Endpoints
from smokestack.errors import BadResponse, ObservationError, UsageError
from smokestack.observe.edge import Edge
from smokestack.observe.grafana import Grafana
from smokestack.samples import DataSource
from smokestack.stack_file import PROXIED, STORES, Remote, Source

PROXY = "/api/datasources/proxy/"
BY_UID = 9
"""The first version of Grafana whose proxy knows data sources by uid."""

BELOW_PREFIX = ("cortex", "mimir", "")
"""Implementations of Alertmanager that answer below `/alertmanager`; a data source that does not
say is taken for one (grafana: `pkg/services/ngalert/api/lotex_am.go`, `defaultImplementation`).
"""
WHERE = "the uid stands in the address of a data source's page: /connections/datasources/edit/<uid>"


def found(remote: Remote) -> Remote:
    """The same stack with an endpoint for each server behind a data source.

    Raises:
        UsageError: it cannot be told which data source is meant, or we may not list them.
        ObservationError: Grafana could not be asked.
    """
    if not remote.seeking:
        return remote
    endpoint = remote.endpoints["grafana"]
    with contextlib.closing(Edge(endpoint, calls=remote.calls)) as edge:
        sources = _Finder(remote, Grafana(edge)).sources()
    roles = dict(remote.endpoints.by_role)
    for name, source in sources.items():
        roles["traces" if name in STORES else name] = _behind(endpoint, name, source)
    return replace(remote, endpoints=Endpoints(roles), seeking=False)


def found_or_later(remote: Remote) -> Remote:
    """The same, unless Grafana cannot be asked: then each check will say so. Raises UsageError."""
    with contextlib.suppress(ObservationError):
        return found(remote)
    return remote


def told(remote: Remote) -> str:
    """Which data source leads to which server, in words."""
    behind = [one for one in remote.endpoints.by_role.values() if one.source]
    return ", ".join(f"{one.name}: {one.source}" for one in behind)


def _behind(grafana: Endpoint, name: str, source: Source) -> Endpoint:
    place = f"uid/{source.uid}" if source.id is None else str(source.id)
    url = f"{grafana.url}{PROXY}{place}{source.path}"
    return replace(grafana, name=name, url=url, source=source.name or place)


class _Finder:
    """Asks one Grafana for its data sources, as far as the stack file does not say them."""

    def __init__(self, remote: Remote, grafana: Grafana) -> None:
        self.remote = remote
        self.grafana = grafana
        self._listed: Sequence[DataSource] | None = None

    def sources(self) -> Mapping[str, Source]:
        """What leads to each server: `uid` or `id`, and the path before its API."""
        said = self.remote.said.sources
        if not said:
            by_type = {name: self._of_type(name) for name in self._wanted()}
            there = {name: self._as_source(one) for name, one in by_type.items() if one}
            return self._whole(there)
        return {name: self._settled(name, one) for name, one in said.items()}

    def _wanted(self) -> list[str]:
        named = self.remote.said.endpoints
        store = any(one in named for one in STORES)
        return [one for one in PROXIED if one not in named and not (store and one in STORES)]

    @cached_property
    def _older(self) -> bool:
        with contextlib.suppress(ObservationError, ValueError):
            return int(self.grafana.version().partition(".")[0]) < BY_UID
        return False  # it hides its version, or cannot be asked: then the next question tells

    def _settled(self, name: str, source: Source) -> Source:
        if source.id is not None or (source.uid is not None and not self._older):
            return source
        fits = [one for one in self._list() if source.uid == one.uid or source.name == one.name]
        if not fits:
            raise self._wrong(f"{name}: Grafana has no data source {source.uid or source.name!r}")
        settled = self._as_source(fits[0])
        return settled.model_copy(update={"path": source.path}) if source.path else settled

    def _of_type(self, name: str) -> DataSource | None:
        fits = [one for one in self._list() if one.type == name]
        if len(fits) > 1:
            raise self._wrong(
                f"Grafana has {len(fits)} data sources of the type {name}: "
                f"{_named(fits)}; which one is meant?",
                f"sources: {{{name}: {{uid: {fits[0].uid}}}, …}}; what `sources` does not name "
                "is not asked then",
            )
        return fits[0] if fits else None

    def _whole(self, there: Mapping[str, Source]) -> Mapping[str, Source]:
        if "prometheus" not in {*there, *self.remote.said.endpoints}:
            raise self._wrong("Grafana has no data source of the type prometheus that we may see")
        if all(store in there for store in STORES):
            ids = ", ".join(f"{store} ({there[store].uid or there[store].id})" for store in STORES)
            raise self._wrong(f"Grafana has data sources of two trace stores: {ids}")
        return there

    def _list(self) -> Sequence[DataSource]:
        if self._listed is None:
            try:
                self._listed = self.grafana.sources()
            except BadResponse as error:
                if error.status != 403:
                    raise
                raise UsageError(
                    f"{self.remote.path}: Grafana does not let this service account list its data "
                    "sources (it lacks `datasources:read`), so they cannot be found by type or "
                    "name",
                    hint="write their uids: sources: {prometheus: {uid: …}, loki: {uid: …}}; "
                    f"{WHERE}",
                ) from error
        return self._listed

    def _wrong(self, what: str, hint: str | None = None) -> UsageError:
        there = f"there are: {_named(self._list()) or 'none'}" if self._listed is not None else ""
        return UsageError(f"{self.remote.path}: {what}", hint=hint or f"{there}; {WHERE}")

    def _as_source(self, one: DataSource) -> Source:
        prefixed = one.type == "alertmanager" and one.implementation in BELOW_PREFIX
        path = "/alertmanager" if prefixed else ""
        if self._older:
            return Source.model_construct(uid=None, name=one.name, id=one.number, path=path)
        return Source.model_construct(uid=one.uid, name=one.name, id=None, path=path)


def _named(sources: Sequence[DataSource]) -> str:
    return ", ".join(f"{one.name} ({one.type}, uid {one.uid})" for one in sources)
