"""Lives every alert of a run through that something drives, each once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from functools import partial

from smokestack.alerting import AlertLife
from smokestack.clients import Clients
from smokestack.drive import alert_life
from smokestack.drive.amounts import Amount
from smokestack.drive.lookout import Lookout
from smokestack.drive.restarts import Restarts
from smokestack.drive.scraping import window_lost
from smokestack.drive.stimulus import Scaled, Stimulus
from smokestack.drive.stops import Stops
from smokestack.drive.traffic import Traffic
from smokestack.errors import StackError
from smokestack.judge.deadlines import Deadlines
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.observe.edge import Edge
from smokestack.results import Timeline
from smokestack.stack.backend import Stack
from smokestack.system import Alert, System

GATE_S = 30.0
"""Seconds in which a scenario stands at its gate. Alone it takes one or two."""
STANDSTILL_S = 1.0
"""For so long a busy machine may stand still between a scrape and a notification."""
ENDS_S = 5.0
"""Seconds that lives in their midst are given to undo what they did, when the run ends."""
TOLD = ("firing", "resolved")
"""The notifications about an alert whose moments are kept: the first of each."""


@dataclass
class Lives:
    """The lives of one run. `take` gives a scenario at its gate, `keep` remembers its load."""

    system: System
    stack: Stack
    clients: Clients
    deadlines: Deadlines
    take: Callable[[Alert], RunningLoad]
    keep: Callable[[Load], Load]
    lookout: Lookout
    timelines: list[Timeline] = field(default_factory=list)
    _lives: dict[str, Future[AlertLife]] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _closed: threading.Event = field(default_factory=threading.Event)
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, alerts: Iterable[Alert]) -> None:
        """Begin to live through those not yet begun: first, one after another, those that bear no
        other beside them; then the rest at once.
        """
        new = [alert for alert in alerts if alert.alert not in self._lives]
        self._lives |= {alert.alert: Future() for alert in new}
        alone = [alert for alert in new if alert.driven.alone]
        together = [alert for alert in new if not alert.driven.alone]
        if new:
            self._in_thread(partial(self._one_by_one, alone, together))

    def live(self, alert: Alert) -> AlertLife:
        """What happened while an alert was held below its threshold, driven over it, let go."""
        self.begin([alert])
        return self._lives[alert.alert].result()

    def ended(self, alert: Alert) -> None:
        """Return once an alert is no longer lived through, however that ended; at once where it
        never was begun.
        """
        if alert.alert in self._lives:
            wait([self._lives[alert.alert]])

    def close(self) -> None:
        """Begin no other one; those in their midst undo what they did."""
        self._closed.set()
        for thread in self._threads:
            thread.join(ENDS_S)

    def _in_thread(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="alert life", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _one_by_one(self, alone: list[Alert], together: list[Alert]) -> None:
        for alert in alone:
            self._fulfil(alert)
        for alert in together:
            self._in_thread(partial(self._fulfil, alert))

    def _fulfil(self, alert: Alert) -> None:
        life = self._lives[alert.alert]
        try:
            life.set_result(self._live(alert))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the life is told
            life.set_exception(error)

    def _live(self, alert: Alert) -> AlertLife:
        self._alive()
        life = alert_life.live_through(
            alert,
            self.lookout,
            self._stimulus(alert),
            self._deadlines_of(alert),
            alert.factor(self.stack.factor),
            self._alive,
            self._troubled,
        )
        self.timelines.append(timeline(life))
        return life

    def _deadlines_of(self, alert: Alert) -> Deadlines:
        """A group of rules may be evaluated more seldom than the others."""
        rules = (
            rule for rule in self.clients.prometheus.rules(alert.alert) if rule.name == alert.alert
        )
        own, timings = max((rule.interval_s for rule in rules), default=0.0), self.deadlines.timings
        return Deadlines(replace(timings, evaluation_s=max(own, timings.evaluation_s)))

    def _troubled(self, since: float) -> str | None:
        return window_lost(since, self.clients.prometheus, self.system, self.deadlines.timings)

    def _alive(self) -> None:
        """Raise StackError where nothing more can come of a life."""
        if self._closed.is_set():
            raise StackError("the run ended in the midst of an alert's life")
        self.stack.check_alive()

    def _stimulus(self, alert: Alert) -> Stimulus:
        scale = alert.driven.scale
        return self._unscaled(alert) if scale == 1 else Scaled(self._unscaled(alert), scale)

    def _unscaled(self, alert: Alert) -> Stimulus:
        lived = alert.driven
        if lived.restarts is not None:
            return self._restarts(alert, lived.restarts)
        if lived.stops is not None:
            return Stops(lived.stops, self.stack.stop, self.stack.start_again)
        if lived.of is not None:
            edge = Edge(self.stack.endpoints()[lived.of], calls=self.clients.calls)
            return Amount(edge, "gauges" if lived.simulated else "amounts", lived.name)
        return Traffic(self._at_its_gate(alert), self.keep, lived.moves)

    def _at_its_gate(self, alert: Alert) -> RunningLoad:
        """One scenario starts at a time: several at once would take the cores from the stack."""
        with self._starting:
            load = self.take(alert)
            load.at_gate(GATE_S)
            return load

    def _restarts(self, alert: Alert, service: str) -> Restarts:
        factor = self.stack.factor
        jobs = [job for job in self.system.scrape if job.target.startswith(f"{service}:")]
        scrape = max(job.as_run(factor) for job in jobs or self.system.scrape)
        timings = self.stack.timings
        # A change counts from the sample before it, and all must last for the rule's `for`, and
        # until somebody was told: of what ended before, Alertmanager tells nobody.
        seen = scrape + timings.evaluation_s
        told = timings.evaluation_s + timings.group_wait_s + STANDSTILL_S
        together = (alert.window - alert.for_s) / alert.factor(factor) - seen - told
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


def why_not(alert: Alert, stack: Stack) -> str | None:
    """Why an alert cannot be lived through in a stack, or None where it can."""
    lived = alert.driven
    if lived.restarts and stack.containers() is None:
        return "natively there is no container whose restarts could be counted"
    return without(alert, stack)


def without(alert: Alert, stack: Stack) -> str | None:
    """Why nothing can be said about what an alert watches, or None where it is there."""
    absent = [name for name in alert.server if name in stack.absent]
    return f"this stack runs without {absent[0]}: {stack.absent[absent[0]]}" if absent else None


def disturbs_nothing(alert: Alert, system: System) -> bool:
    """Whether it may be driven while the ordinary traffic is on its way: by restarts of a server
    that the traffic does not meet.
    """
    restarted = alert.driven.restarts
    return restarted is not None and restarted not in system.application.services


def load_of(alert: Alert) -> str:
    """The name of the load that drives an alert."""
    return f"alert-{alert.alert}"


def timeline(life: AlertLife) -> Timeline:
    """A life as reports have it: states, and what was done and told, since it was held."""
    marks = [
        (life.hold_at, "held below the threshold"),
        (life.drive_at, "driven over the threshold"),
        (life.recover_at, "let go"),
        *((n.at, f"told {n.status} at {n.path}") for n in map(life.delivered, TOLD) if n),
    ]
    return Timeline(
        life.name,
        tuple((at - life.hold_at, state) for at, state in life.states),
        tuple((at - life.hold_at, what) for at, what in sorted(marks)),
        life.hold_at,
    )
