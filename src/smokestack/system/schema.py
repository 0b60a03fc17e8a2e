"""What systems/<name>/system.yaml may say: what must be true of a system's stack.

Read by judge/ and report/; stack/ never sees it, and nothing here is read from the configuration
under test.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, Self, TypeVar

import pydantic

from smokestack.system import coherence
from smokestack.system.alerts import Alert
from smokestack.system.collector import Collector
from smokestack.system.configuration import Configuration
from smokestack.system.dashboards import Grafana
from smokestack.system.deploy import Deploy
from smokestack.system.latency import HealthEndpoint, Waits
from smokestack.system.notifications import Notifications
from smokestack.system.overhead import Overhead
from smokestack.system.queries import Query
from smokestack.system.resources import Resources, ServerLimits
from smokestack.system.signals import Correlation, Logs, Metrics, Push, Signal, Traces
from smokestack.system.slo import SloSeenByClient
from smokestack.system.stack import Containers, OwnStack
from smokestack.system.under_load import Bearing
from smokestack.system.units import Seconds, Section, Values

Part = Literal[
    "logs",
    "push",
    "traces",
    "correlation",
    "collector",
    "grafana",
    "queries",
    "slos",
    "alerts",
    "notifications",
    "containers",
    "configuration",
    "resources",
    "health",
    "overhead",
    "under_load",
]
"""What a system may lack: its section is then absent from system.yaml."""

PARTS: Mapping[Part, str] = {
    "logs": "logs",
    "push": "pushed metrics",
    "traces": "traces",
    "correlation": "correlation ids",
    "collector": "promises about what its collector takes",
    "grafana": "Grafana",
    "queries": "example queries",
    "slos": "SLOs",
    "alerts": "alerts",
    "notifications": "notifications of alerts",
    "containers": "limits of containers",
    "configuration": "promises of its configuration",
    "resources": "limits of what its servers use",
    "health": "health endpoints with limits",
    "overhead": "budgets for what its telemetry costs",
    "under_load": "load that it must bear",
}

T = TypeVar("T")


class Application(Section):
    """The services under load. `entry` is the one that scenarios send to, `traffic` are the
    scenarios of a run's ordinary traffic, in their order. `traffic_needs`: scenario -> optional
    servers without which it is not sent.
    """

    entry: str
    services: tuple[str, ...]
    traffic: tuple[str, ...] = ("smoke", "steady")
    traffic_needs: Mapping[str, Values] = pydantic.Field(default_factory=dict)

    def sent(self, absent: Collection[str]) -> tuple[str, ...]:
        """The ordinary traffic of a stack that runs without some optional servers."""
        lost = {name for name, of in self.traffic_needs.items() if set(of) & set(absent)}
        return tuple(name for name in self.traffic if name not in lost)


class ScrapeJob(Section):
    """A scrape job that must be there: its target as shipped, its real interval in seconds.

    `server` is the optional server that it scrapes: a stack without that has no such job.
    `largest_factor` is by how much `--pace fast` may divide its interval at most, where an answer
    takes its time.
    """

    job: str
    target: str
    interval: Seconds
    server: str | None = None
    largest_factor: Annotated[float, pydantic.Field(ge=1)] | None = None

    def as_run(self, factor: float) -> float:
        """Its interval in a stack that is sped up by a factor."""
        return self.interval / min(factor, self.largest_factor or factor)


class Copies(Section):
    """How many copies of one request each signal must have, per service that handles it.

    Ask `System.copies`, which knows what the system lacks.
    """

    metrics: int = 1
    logs: int = 1
    traces: int = 1


class Route(Section):
    """A route that scenarios use."""

    method: str
    route: str
    services: tuple[str, ...]
    copies: Copies = Copies()


class System(Section):
    """One system: everything that must be true of its stack. A section that is absent is a part
    that the system lacks.
    """

    system: str
    title: str
    stack: OwnStack | None = None
    application: Application
    scrape: tuple[ScrapeJob, ...]
    versions: dict[str, str]
    clock_skew: Seconds
    routes: tuple[Route, ...]
    metrics: Metrics
    push: Push | None = None
    logs: Logs | None = None
    traces: Traces | None = None
    correlation: Correlation | None = None
    collector: Collector | None = None
    grafana: Grafana | None = None
    queries: tuple[Query, ...] = ()
    slos: tuple[SloSeenByClient, ...] = ()
    alerts: tuple[Alert, ...] = ()
    notifications: Notifications | None = None
    containers: Containers | None = None
    configuration: Configuration | None = None
    resources: Resources | None = None
    latency: Waits | None = None
    health: tuple[HealthEndpoint, ...] = ()
    overhead: Overhead | None = None
    under_load: Bearing | None = None
    deploy: Deploy = Deploy()

    @property
    def slower(self) -> dict[str, float]:
        """Alerts and scrape jobs whose durations may be divided by less than the rest -> by how
        much at most.
        """
        alerts = {one.alert: one.largest_factor for one in self.alerts if one.largest_factor}
        return alerts | {job.job: job.largest_factor for job in self.scrape if job.largest_factor}

    def scraped(self, absent: Collection[str]) -> tuple[ScrapeJob, ...]:
        """The scrape jobs of a stack that runs without some optional servers."""
        return tuple(job for job in self.scrape if job.server not in absent)

    def lacks(self, part: Part) -> str | None:
        """Why nothing is asked about a part, where the system lacks it; None where it has it."""
        return None if getattr(self, part) else f"this system has no {PARTS[part]}"

    @property
    def server_limits(self) -> dict[str, ServerLimits]:
        """What each server may use: by `resources.servers`, and by `containers.limits`, wherever
        the servers run.
        """
        held = self.containers.limits if self.containers else {}
        return (self.resources or Resources()).limits(held)

    def route(self, method: str, route: str) -> Route | None:
        """The declared route of a ledger entry, or None if system.yaml does not know it."""
        found = (one for one in self.routes if (one.method, one.route) == (method, route))
        return next(found, None)

    def copies(self, route: Route, signal: Signal) -> int:
        """How many copies of a request to a route a signal must have, per service. Of a signal
        that the system lacks there are none, and nothing is said about it.
        """
        if signal != "metrics" and getattr(self, signal) is None:
            return 0
        copies: int = getattr(route.copies, signal)
        return copies

    @pydantic.model_validator(mode="after")
    def _cohere(self) -> Self:
        coherence.require(self)
        return self


def given(section: T | None) -> T:
    """A section that must be there where this is asked: checks that need it are skipped else."""
    if section is None:
        raise ValueError("asked for a section that this system.yaml does not have")
    return section
