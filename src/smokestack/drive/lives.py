"""Lives every alert of a run through that something drives, each once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from smokestack.clients import Clients
from smokestack.drive import alert_life
from smokestack.drive.stimulus import FailingRequests, Restarts, Stimulus
from smokestack.judge.deadlines import Deadlines
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.results import Timeline
from smokestack.samples import AlertLife
from smokestack.stack.backend import Stack
from smokestack.system import Alert, System


@dataclass
class Lives:
    """The lives of one run. `take` gives a scenario at its gate, `keep` remembers its load."""

    system: System
    stack: Stack
    clients: Clients
    deadlines: Deadlines
    take: Callable[[str, str | None], RunningLoad]
    keep: Callable[[Load], Load]
    timelines: list[Timeline] = field(default_factory=list)
    _beside: dict[str, Future[AlertLife]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "lives"))

    def live(self, alert: Alert) -> AlertLife:
        """Hold an alert below its threshold, drive it over, let it resolve.

        Those driven by restarts need no load: they are lived through beside the others.
        """
        for other in self.system.alerts:
            if _by_restarts(other) and other.alert not in self._beside:
                self._beside[other.alert] = self._pool.submit(self._live, other)
        if alert.alert in self._beside:
            return self._beside[alert.alert].result()
        return self._live(alert)

    def close(self) -> None:
        """Begin no other one."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _live(self, alert: Alert) -> AlertLife:
        life = alert_life.live_through(
            alert,
            self.clients,
            self._stimulus(alert),
            self.deadlines,
            alert.factor(self.stack.factor),
            self.stack.check_alive,
        )
        self.timelines.append(
            Timeline(alert.alert, tuple((at - life.hold_at, s) for at, s in life.states))
        )
        return life

    def _stimulus(self, alert: Alert) -> Stimulus:
        lived = alert.driven
        if lived.restarts is None:
            return FailingRequests(self.take(load_of(alert), lived.scenario), self.keep)
        service, factor = lived.restarts, self.stack.factor
        jobs = [job for job in self.system.scrape if job.target.startswith(f"{service}:")]
        scrape = max(job.interval for job in jobs or self.system.scrape) / factor
        # A change counts from the sample before it, and must last for the rule's `for`.
        seen = scrape + self.stack.timings.evaluation_s
        together = (alert.window - alert.for_s) / alert.factor(factor) - seen
        return Restarts(
            service, self.stack.restart, lambda since: self._scraped(service, since), together
        )

    def _scraped(self, service: str, since: float) -> bool:
        """Whether Prometheus got an answer of a server after a moment."""
        return any(
            target.instance.startswith(f"{service}:")
            and target.health == "up"
            and target.last_scrape > since
            for target in self.clients.prometheus.targets()
        )


def _by_restarts(alert: Alert) -> bool:
    return alert.lived_through is not None and alert.lived_through.restarts is not None


def load_of(alert: Alert) -> str:
    """The name of the load that drives an alert."""
    return f"alert-{alert.alert}"
