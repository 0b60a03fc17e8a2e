"""What the stages hand to each other: observations and the ledger, as plain frozen values.

Times are seconds since the epoch as floats, durations are seconds, ids are lower-case hex.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from smokestack.ledger import Ledger, Request, by_route

__all__ = [
    "Container",
    "Counted",
    "Dashboard",
    "DataSource",
    "Exemplar",
    "Ledger",
    "LogLine",
    "Output",
    "Panel",
    "Reached",
    "Request",
    "ScrapeTarget",
    "Series",
    "SliSeen",
    "SourceHealth",
    "Span",
    "Trace",
    "WindowSeen",
    "by_route",
]


@dataclass(frozen=True, slots=True)
class Series:
    """One time series at one scrape: labels (without the name), value, scrape time."""

    name: str
    labels: Mapping[str, str]
    value: float
    at: float


@dataclass(frozen=True, slots=True)
class Exemplar:
    """An exemplar as Prometheus stored it."""

    metric: str
    labels: Mapping[str, str]
    trace_id: str
    value: float
    at: float


@dataclass(frozen=True, slots=True)
class ScrapeTarget:
    """An active scrape target of Prometheus."""

    job: str
    instance: str
    health: str
    last_error: str
    last_scrape: float
    interval_s: float
    url: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log line: the server's timestamp, labels (structured metadata included), parsed body."""

    at: float
    labels: Mapping[str, str]
    text: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sighting:
    """How many events a server showed, and when its answer was there."""

    at: float
    seen: float


@dataclass(frozen=True, slots=True)
class Buckets:
    """How often something took how long, as a server's histogram tells it: (upper bound in
    seconds, how many took no longer), by rising bound; the last bound may be infinite.
    """

    server: str
    bounds: tuple[tuple[float, float], ...]

    @property
    def events(self) -> int:
        """How many there were."""
        return int(self.bounds[-1][1]) if self.bounds else 0


@dataclass(frozen=True, slots=True)
class Span:
    """One span. `parent_id` is empty for a root; `kind` is server, client, internal, …"""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    service: str
    kind: str
    started_at: float
    duration_s: float
    attributes: Mapping[str, object]
    resource: Mapping[str, object]
    error: bool = False


@dataclass(frozen=True)
class Trace:
    """All spans of one trace id that the store returned."""

    trace_id: str
    spans: tuple[Span, ...]

    @property
    def services(self) -> frozenset[str]:
        """The names of all services that took part."""
        return frozenset(span.service for span in self.spans)


@dataclass(frozen=True)
class Container:
    """A container of the stack, as its engine has it. None is no limit; memory is in bytes.

    `ends` tells of each time that it ended during the run, also when it was restarted at once.
    """

    service: str
    image: str
    memory: int | None
    cpus: float | None
    restarts: int = 0
    ends: tuple[str, ...] = ()
    name: str = ""
    project: str = ""
    """The Compose project that it belongs to."""
    log_options: Mapping[str, str] = field(default_factory=dict)
    """How its engine keeps what it writes: the options of its log driver."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a container wrote to stdout and stderr, as its engine has it: how many lines that are
    not blank, and when the first of them came (an engine drops the oldest).
    """

    lines: int
    first_at: float = 0.0


@dataclass(frozen=True, slots=True)
class DataSource:
    """A data source of Grafana. Those that are `fixed` come from a file and cannot be edited.

    `implementation` is which Alertmanager one of that type leads to, as it says; `number` is the
    id by which Grafana before 9 passes questions on.
    """

    uid: str
    name: str
    type: str
    default: bool = False
    fixed: bool = False
    implementation: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What Grafana says of a data source: `OK` or another status, and why, in its own words."""

    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Reached:
    """How many of `what` a server has of the run: asked `directly`, and `through` Grafana.

    None where it has none at all; `error` is what came instead of an answer through Grafana.
    """

    uid: str
    query: str
    what: str
    directly: float | None
    through: float | None
    error: str = ""
    repeat: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of a dashboard, and the data sources that it asks: uids, names, `$variable`, or
    empty for the default one. Grafana's own sources are left out.
    """

    title: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class AnnotationQuery:
    """By what a dashboard shows annotations that Grafana itself keeps: those with all of these
    tags, or with any of them.
    """

    name: str
    tags: tuple[str, ...]
    match_any: bool = False


@dataclass(frozen=True)
class Annotation:
    """A moment that is marked. `at` is in seconds since the epoch."""

    ident: int
    text: str
    tags: tuple[str, ...]
    at: float


@dataclass(frozen=True)
class Dashboard:
    """A dashboard of Grafana. `variables`: those that stand for a data source -> its type;
    `marks` are what it asks for annotations, unless that is switched off.
    """

    uid: str
    title: str
    folder: str
    provisioned: bool
    panels: tuple[Panel, ...]
    variables: Mapping[str, str]
    marks: tuple[AnnotationQuery, ...] = ()


@dataclass(frozen=True)
class DeploymentSeen:
    """A deployment that was marked, and what was read back: what Grafana has of it, by which
    dashboards it is shown (a uid -> why not, empty where it is), and whether it could be removed.
    """

    written: Annotation
    found: Annotation | None
    shown: Mapping[str, str]
    removed: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """What a query for a counter gave at the scrapes around a load; None where it had no series."""

    query: str
    before: float | None
    after: float | None

    @property
    def grown(self) -> float:
        """By how much it grew: exact, since nothing is extrapolated."""
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True, slots=True)
class SliSeen:
    """What Prometheus has of an SLO's events around a load: those of the numerator, and all.

    `of_bad`: whether the numerator counts the bad ones. `by_rate` is the share of good ones as a
    dashboard would have it, from `rate()`, which extrapolates; None where that gives nothing.
    """

    numerator: Counted
    total: Counted
    of_bad: bool = False
    by_rate: float | None = None
    repeat: str = ""

    @property
    def good(self) -> float:
        """How many events were good."""
        return self.total.grown - self.numerator.grown if self.of_bad else self.numerator.grown


@dataclass(frozen=True, slots=True)
class WindowSeen:
    """An SLO's events over the last `seconds`, as `rate()` has them: restarts are seen through, and
    what lies between two scrapes is estimated. None where there were no two samples.

    `of_bad`: whether the numerator counts the bad ones.
    """

    window: str
    seconds: float
    numerator: float | None
    total: float | None
    of_bad: bool = False

    @property
    def good(self) -> float:
        """How many events were good."""
        counted = self.numerator or 0.0
        return (self.total or 0.0) - counted if self.of_bad else counted
