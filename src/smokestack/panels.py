"""What the file of a dashboard says, what its panels ask, and what came back: plain values.

Grafana's own words: a panel has targets, each with a `refId`; template variables are expanded in
them. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_RANGE_S = 6 * 3600.0
"""The time range of a dashboard that names none, and of one that we cannot read (`now/d`)."""


@dataclass(frozen=True)
class Variable:
    """A template variable. `values` is what a viewer sees chosen first; `$__all` is among
    `options` never, and stands in `values` alone. `many` is whether several can be chosen.
    """

    name: str
    type: str
    values: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    all_value: str = ""
    query: str = ""
    many: bool = False


@dataclass(frozen=True)
class Target:
    """One query of a panel as its file has it. `source` is a uid, a name, `$variable`, or empty
    for the default data source; `step` is its least interval, such as `1m`; `mode` Grafana's
    `queryType`.
    """

    ref: str
    source: str
    text: str
    instant: bool = False
    exemplar: bool = False
    step: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel stands on its dashboard: Grafana's `gridPos`, of which 24 make the width."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class PanelFile:
    """A panel as its file has it. `repeat` are the variables by whose values it is repeated, its
    row's included; `links` are the addresses of its links; `library` the name of a library panel,
    whose queries stand elsewhere.
    """

    title: str
    type: str
    targets: tuple[Target, ...] = ()
    repeat: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    library: str = ""
    ident: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class DashboardFile:
    """A dashboard as its file has it."""

    file: Path
    uid: str
    title: str
    refresh: str
    range_s: float
    variables: Mapping[str, Variable]
    panels: tuple[PanelFile, ...]


@dataclass(frozen=True)
class SourceFile:
    """A data source as its file has it. `leads_to` are the uids of those that its links open."""

    file: Path
    uid: str
    name: str
    type: str
    default: bool = False
    step: str = ""
    leads_to: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Provisioned:
    """What Grafana is given: its dashboards and its data sources, from their files."""

    dashboards: tuple[DashboardFile, ...]
    sources: tuple[SourceFile, ...]

    def dashboard(self, uid: str) -> DashboardFile | None:
        """A dashboard by its uid."""
        return next((one for one in self.dashboards if one.uid == uid), None)


@dataclass(frozen=True)
class PanelQuery:
    """One query as it goes to a server: variables are expanded, the data source is known.

    `number` is the panel's place in its dashboard, since titles need not differ. `excused` is why
    it may give nothing. `wrong` says why no server needs to be asked to know that it gives
    nothing; `unasked` why it cannot be asked here, and `stand_in` that this is since another
    server stands in for its own.
    """

    dashboard: str
    file: Path
    number: int
    panel: str
    ref: str = ""
    text: str = ""
    source: str = ""
    kind: str = ""
    instant: bool = False
    range_s: float = DEFAULT_RANGE_S
    excused: str = ""
    wrong: str = ""
    unasked: str = ""
    stand_in: bool = False
    place: Place | None = None

    @property
    def where(self) -> str:
        """File, panel and refId."""
        query = f", query {self.ref}" if self.ref else ""
        return f"{self.file.name}: panel {self.panel!r}{query}"


@dataclass(frozen=True)
class Tally:
    """How much an answer has: series (or streams), samples (or lines, or traces) in all, and how
    many of them are data: numbers that are neither NaN nor infinite, lines, traces.

    `drawn` is a little of it, for a picture: of some series some (seconds since the epoch, number).
    """

    series: int = 0
    samples: int = 0
    data: int = 0
    drawn: tuple[tuple[tuple[float, float], ...], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class PanelAnswer:
    """What a query gave. `refused` is what a server said of a query that it does not understand,
    `error` why it could not be asked.
    """

    query: PanelQuery
    found: Tally = Tally()
    refused: str = ""
    error: str = ""
    repeat: str = field(default="", compare=False)

    @property
    def has_data(self) -> bool:
        """At least one number, line or trace."""
        return self.found.data > 0


@dataclass(frozen=True)
class ExampleSeen:
    """What an example query gave. `values` are those of its series at the end. `counted` are the
    requests that it returned, by service, method, route and status; of a counter `grown` is by how
    much it grew with the traffic, None where it never had a value. `unknown` is why one of these
    could not be told.
    """

    answer: PanelAnswer
    values: tuple[float, ...] = ()
    counted: Mapping[tuple[str, str, str, str], float] = field(default_factory=dict)
    grown: float | None = None
    unknown: str = ""
