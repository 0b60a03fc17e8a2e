"""One run: a stack, the traffic sent through it, and what was found out. Wiring only."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from smokestack.arms import Compared
from smokestack.beginning import Beginning
from smokestack.clients import Clients
from smokestack.clock import Clock
from smokestack.drive.arrivals import Arrivals, Gatherer, Sent
from smokestack.drive.asked_loads import asked_loads
from smokestack.drive.bench import Bench
from smokestack.drive.counted import count
from smokestack.drive.distinct import DistinctTraffic
from smokestack.drive.hop_watch import HopWatch, watched
from smokestack.drive.lives import Lives, disturbs_nothing, why_not
from smokestack.drive.loads import Loads
from smokestack.drive.lookout import Lookout
from smokestack.drive.losses import Losses
from smokestack.drive.marked_traces import spans_received
from smokestack.drive.panel_queries import Planner
from smokestack.drive.permit import NO_LOAD, Permit
from smokestack.drive.reaching import lacking
from smokestack.drive.sampler import Sampler
from smokestack.drive.scraping import await_first_scrapes, busy_since
from smokestack.drive.seen_over_time import seen_over_time
from smokestack.drive.selected import FEWEST_SCRAPES, Selected
from smokestack.drive.shipped import Shipped
from smokestack.drive.under_load import Bearer
from smokestack.drive.why import ways
from smokestack.errors import ObservationError, SmokestackError
from smokestack.judge.deadlines import GAP, Deadlines
from smokestack.judge.matrix import matrix
from smokestack.load.asked import AskedLoad
from smokestack.load.outcome import Load
from smokestack.machine import Machine
from smokestack.panels import Provisioned
from smokestack.report.events import ready
from smokestack.results import (
    CheckResult,
    RunResult,
    SeenOverTime,
    StackInfo,
)
from smokestack.samples import Ledger
from smokestack.settings import Settings
from smokestack.sharing import Shared
from smokestack.stack.backend import Stack
from smokestack.stack_file import Remote
from smokestack.system import Alert, Part, Slo, System, given

PROOFS = "rule-tests"
"""The folder of the report with what promtool was asked."""


def new_run_id() -> str:
    """Sortable by time, unique among runs side by side, fit for a header and a folder name."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(3)


def _silent(*_: str, **__: object) -> None:
    """For those who need not be told."""


@dataclass
class Run:
    """Everything that one run holds. Created cheaply; `start` starts the stack."""

    settings: Settings
    system: System
    slos: tuple[Slo, ...] = ()
    run_id: str = field(default_factory=new_run_id)
    started_at: float = field(default_factory=time.time)
    stack: Stack | None = None
    _clients: Clients | None = None
    loads: list[Load] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    stack_info: StackInfo | None = None
    coverage: Mapping[str, Any] = field(default_factory=dict)
    interrupted: str | None = None
    seen: tuple[SeenOverTime, ...] = ()
    clock: Clock = field(default_factory=Clock)
    machine: Machine = field(default_factory=Machine)
    tell: Callable[..., None] = _silent
    """Is told what happens as it happens: the event's name, and what is to be said of it."""
    _gatherer: Gatherer | None = None
    _addresses: dict[str, str] = field(default_factory=dict)
    _under_way: Arrivals | None = None
    _scenarios: Loads | None = None
    _lives: Lives | None = None
    remote: Remote | None = None
    usage: Sampler | None = None
    """Looks at what the servers use, where a check of this session wants to know."""

    @property
    def folder(self) -> Path:
        """reports/<run-id>."""
        return self.settings.report_dir / self.run_id

    @property
    def clients(self) -> Clients:
        """The clients of the running stack."""
        if self._clients is None:
            raise SmokestackError("the stack of this run has not been started")
        return self._clients

    @property
    def running(self) -> Stack:
        """The running stack."""
        if self.stack is None:
            raise SmokestackError("the stack of this run has not been started")
        return self.stack

    @property
    def deadlines(self) -> Deadlines:
        """Deadlines derived from the running stack's configuration."""
        return Deadlines(self.running.timings)

    def start(self, *, warm: bool = False, say: Callable[[str], None] = _silent) -> None:
        """Start the stack and, to be `warm`, the scenarios of the ordinary traffic, which wait at
        their gates. `say` is told what takes its time.
        """
        begin = Beginning(self.settings, self.system, self.run_id, self.folder / "stack", say)
        self.stack, self._clients = begin.asking(self.remote) if self.remote else begin.starting()
        self._gatherer = Gatherer(
            self.system, self.clients, self.deadlines, self.since if self.remote else None
        )
        for name in self.system.application.sent(self.stack.absent) if warm else ():
            self.scenarios.warm(name)
        versions = {name: v or "" for name, v in self.clients.versions().items()}
        self.stack_info = self.stack.info(versions)
        endpoints = self.stack.endpoints().by_role
        self._addresses = {name: endpoint.url for name, endpoint in endpoints.items()}
        self.tell("stack-ready", **ready(self.stack_info))

    @property
    def no_traffic(self) -> str | None:
        """Why nothing is sent to the application, or None where traffic is sent."""
        if self.remote is None or self.remote.leave:
            return None
        return (
            "nothing is sent to a stack that somebody else runs, so there are no requests of ours"
        )

    @property
    def no_load(self) -> str | None:
        """Why nothing beyond ordinary traffic is sent, or None where it is."""
        return self.no_traffic or (NO_LOAD if self.remote else None)

    @property
    def shared(self) -> Shared | None:
        """What of the stack is ours alone, where others use it too; None where all is."""
        return self.remote.leave.shared if self.remote and self.remote.leave else None

    @property
    def since(self) -> float:
        """From when on data is looked for, in seconds since the epoch: the begin of the run, and
        before it where a stack ran already.
        """
        look_back = self.remote.said.look_back if self.remote else 0.0
        return self.started_at - look_back

    def lacks(self, part: Part) -> str | None:
        """Why nothing is asked about a part of the system, or None where it is."""
        return self.system.lacks(part) or (lacking(self.remote, part) if self.remote else None)

    def watch_usage(self) -> Sampler:
        """Begin to look at what the servers use."""
        stack, clients = self.running, self.clients
        self.usage = Sampler(stack.usage, lambda: count(clients), stack.usage_source)
        self.usage.begin()
        return self.usage

    def distinct_traffic(self) -> DistinctTraffic:
        """What sends values that no two requests share."""
        assert self._gatherer is not None  # noqa: S101 - set by start
        return DistinctTraffic(
            self.system, self.clients, self._gatherer, self.load, self.run_id, self.started_at
        )

    @property
    def stand_ins(self) -> dict[str, str]:
        """Servers that run in place of others: that one's name -> who runs."""
        ran = self.stack_info.standins if self.stack_info else ()
        return {one.instead_of: one.name for one in ran if one.kind == "server"}

    @property
    def longest_scrape_s(self) -> float:
        """The longest interval of any scrape job, in seconds as it runs."""
        return max(job.as_run(self.running.factor) for job in self.system.scrape)

    @property
    def shipped(self) -> Shipped:
        """What the system's files say."""
        return Shipped(self.settings.root, self.settings.system, self.system)

    def provisioned(self) -> Provisioned:
        """What Grafana is given. Raises ConfigError for a file that is not sound."""
        return self.shipped.provisioned(self.stand_ins.values())

    def require_readable_dashboards(self) -> None:
        """Raise ConfigError for a dashboard that cannot be read, or whose queries cannot be told:
        before anything is started.
        """
        if self.system.grafana is not None and self.system.stack is None:
            self.planned_panels(self.provisioned()).queries()

    def planned_panels(self, provisioned: Provisioned) -> Planner:
        """The queries of all panels. Raises ConfigError where a variable has no value."""
        factor = self.stack.factor if self.stack else 1.0
        grafana = given(self.system.grafana).without(self.stack.absent if self.stack else {})
        if self.remote and not (self.remote.leave and self.remote.leave.errors):
            grafana = grafana.calm("it shows only what fails, and nothing need have failed")
        return Planner(grafana, provisioned, self.stand_ins, factor)

    def await_first_scrapes(self) -> None:
        """Counters need a scrape before the first request. A stack that ran already has been
        scraped.
        """
        if not self.remote:
            await_first_scrapes(self.running, self.clients, self.deadlines.timings)

    def load(self, name: str, scenario: str | None = None) -> Load:
        """Run a scenario to its end and keep its ledger."""
        return self.scenarios.run(name, scenario)

    @property
    def scenarios(self) -> Loads:
        """The scenarios of this run, warm or done."""
        if self._scenarios is None:
            self._scenarios = Loads(
                self.settings.root,
                self.settings.system,
                self.run_id,
                self.system,
                self.running,
                self._undisturbed,
                self.loads,
                self.tell,
                self._permit,
            )
        return self._scenarios

    @property
    def _permit(self) -> Permit | None:
        remote = self.remote
        return Permit(remote, self.system.application, self.clients.calls) if remote else None

    def _undisturbed(self) -> None:
        """Traffic that is being counted must not be joined by other traffic."""
        if self._under_way:
            wait(self._under_way.all)

    def spans_received(self) -> float | None:
        """The trace store's counter of received spans; None where it has none, or counts those of
        others too.
        """
        if self.shared:
            return None
        try:
            return spans_received(self.clients)
        except ObservationError:
            return None

    def busy_since(self, at: float, gap: float = GAP) -> str | None:
        """Why timing since a moment cannot be judged on this machine, or None when it can. `gap` is
        how many scrape intervals without a scrape are too many.
        """
        return (
            self.clock.stepped()
            or self.machine.short(at)
            or busy_since(at, self.clients.prometheus, self.system, self.deadlines.timings, gap)
        )

    @cached_property
    def losses(self) -> Losses:
        """Says where what is missing was lost."""
        return Losses(self.system, self.loads)

    @contextlib.contextmanager
    def looking(self, names: Sequence[str]) -> Iterator[None]:
        """While the block runs, look how much of some loads can be seen by now."""
        assert self._gatherer is not None  # noqa: S101 - set by start
        with self._gatherer.looks.going_on(self.run_id, names):
            yield

    def undisturbed(self) -> None:
        """Return once no traffic is being counted that other traffic must not join."""
        self._undisturbed()
        for alert in self.system.alerts:
            self.lives.ended(alert)

    def gather(self, loads: Sequence[Load], received_before: float | None) -> Arrivals:
        """Start to wait for every signal of these loads."""
        assert self._gatherer is not None  # noqa: S101 - set by start
        ledger = sum((load.ledger for load in loads), Ledger())
        names = tuple(load.info.name for load in loads)
        self._under_way = self._gatherer.gather(Sent(self.run_id, names, ledger), received_before)
        if self.usage:
            self.usage.ends_with(self._under_way.all)
        return self._under_way

    def compare_arms(self) -> Compared:
        """Compare the application with and without telemetry."""
        bench = Bench(self.settings.root, self.settings.system, self.system, self.running)
        return bench.compared(self.clients, self.deadlines.traces_s)

    def selected(self) -> Selected:
        """Looks for what rules select, over the run so far."""
        slowest = self.longest_scrape_s
        return Selected(
            self.clients.prometheus,
            self.deadlines,
            self.since,
            FEWEST_SCRAPES * slowest,
            waits=self.no_traffic is None,
        )

    @property
    def asked_loads(self) -> tuple[AskedLoad, ...]:
        """The loads under which nothing may be lost. Raises UsageError for what cannot be sent."""
        scenarios = self.settings.root / "scenarios"
        return asked_loads(self.system.under_load, self.settings.wish, scenarios)

    @property
    def bearer(self) -> Bearer:
        """Sends these loads."""
        return Bearer(
            self.scenarios,
            lambda: HopWatch(watched(self.clients)),
            lambda: ways(self.clients),
            self.spans_received,
            self.gather,
        )

    @property
    def lives(self) -> Lives:
        """The alerts that are lived through."""
        if self._lives is None:
            self._lives = Lives(
                self.system,
                self.running,
                self.clients,
                self.deadlines,
                self.scenarios.take_for,
                self.scenarios.keep,
                Lookout(self.clients),
            )
        return self._lives

    def begin_lives(self, alerts: Iterable[Alert], *, beside_traffic: bool = False) -> None:
        """Begin to live alerts through; `beside_traffic` only those that do not disturb it."""
        can = [alert for alert in alerts if why_not(alert, self.running) is None]
        if beside_traffic:
            can = [alert for alert in can if disturbs_nothing(alert, self.system)]
        self.lives.begin(can)

    def addresses(self) -> list[tuple[str, str]]:
        """Where the servers of the stack answer, also after it was left running."""
        return sorted(self._addresses.items())

    def see_over_time(self) -> None:
        """Ask what the servers saw of the requests while the run went on, where some were sent, and
        by nobody else.
        """
        if self.stack is not None and self._clients is not None and not self.shared:
            loads = [load.info for load in self.loads]
            scrape_s = self.deadlines.timings.scrape_s
            self.seen = seen_over_time(
                self.system, self._clients, loads, self.run_id, time.time(), scrape_s
            )

    def result(self) -> RunResult:
        """What is known so far."""
        return RunResult(
            run_id=self.run_id,
            started_at=self.started_at,
            duration_s=time.time() - self.started_at,
            system=self.settings.system,
            pace=self.settings.pace,
            stack=self.stack_info,
            loads=tuple(load.info for load in self.loads),
            checks=tuple(self.checks),
            timelines=tuple(self._lives.timelines) if self._lives else (),
            matrix=matrix(self.system.alerts, self.checks),
            calls=self._clients.calls.entries() if self._clients else (),
            coverage=self.coverage,
            interrupted=self.interrupted,
            seen=self.seen,
        )

    def close(self, *, failed: bool) -> None:
        """End the stack; what is needed to look into a failure is copied to the report first."""
        if self.usage:
            self.usage.end()
        if self._gatherer:
            self._gatherer.close()
        if self._lives:
            self._lives.close()
        if self._clients:
            self._clients.close()
        if self.stack is None:
            return
        if failed:
            with contextlib.suppress(OSError):
                self.stack.save()
        if self.settings.keep_stack:
            self.stack.detach()
        else:
            self.stack.close()
        self.stack = None
