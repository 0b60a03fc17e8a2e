"""Lives one alert through: held below its threshold, driven over it, let go again.

A watch is told what Prometheus, Alertmanager and the receiver show and notes when each first
showed a change; the phases of the stimulus follow what the watch sees.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from smokestack.alerting import AlertLife, AlertSeen, Notification
from smokestack.drive import hold
from smokestack.drive.hold import Held, Hold, last_evaluation
from smokestack.drive.lookout import Look, Lookout
from smokestack.drive.stimulus import Stimulus
from smokestack.errors import ObservationError
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.timestamps import epoch
from smokestack.system import Alert
from smokestack.wait import Waited, holds_for, pause, until

SEEN_LATE_S = 5.0
"""A look on a busy machine may come so much later than what it shows."""

ROUNDED_S = 0.01
"""Alertmanager's times are cut to milliseconds."""


@dataclass
class Watch:
    """What was seen of one alert, and when. `error` is why the last look saw nothing."""

    alert: Alert
    states: list[tuple[float, str]] = field(default_factory=list)
    in_alertmanager: AlertSeen | None = None
    notifications: Sequence[Notification] = ()
    error: ObservationError | None = None
    active_at: dict[float, float | None] = field(default_factory=dict)
    """When it was first seen firing -> since when its expression was true, as Prometheus has it."""
    handed: list[float] = field(default_factory=list)
    """Each moment at which Alertmanager was handed it, as far as a look came before the next."""
    looks: int = 0
    """How many looks saw something."""

    def see(self, look: Look) -> None:
        """Take note of one look."""
        self.error = look.error
        if look.error is not None:
            return
        self.looks += 1
        mine = [a for a in look.rules if self._is_mine(a)]
        state = max((a.state for a in mine), key=_rank, default="inactive")
        if not self.states or self.states[-1][1] != state:
            self.states.append((look.at, state))
            if state == "firing":
                since = [a.active_at for a in mine if a.state == state and a.active_at]
                self.active_at[look.at] = min(since, default=None)
        held = next((a for a in look.held if self._is_mine(a)), None)
        if self.in_alertmanager is None:
            self.in_alertmanager = held
        if held and held.updated_at and held.updated_at not in self.handed[-1:]:
            self.handed.append(held.updated_at)
        self.notifications = look.notifications

    def _is_mine(self, seen: AlertSeen) -> bool:
        return is_of(self.alert, seen)

    def first(self, state: str, after: float) -> float | None:
        """When the alert was first seen in a state after a moment."""
        return next((at for at, seen in self.states if seen == state and at >= after), None)

    def last(self, state: str, before: float) -> float | None:
        """When the alert last entered a state before a moment.

        While a window fills, a first error weighs more than it will: an alert may be pending for
        a moment then. What counts is the pending that led to firing.
        """
        return next((at for at, s in reversed(self.states) if s == state and at <= before), None)

    @property
    def state(self) -> str | None:
        """The last state seen."""
        return self.states[-1][1] if self.states else None

    def told_at(self, status: str, since: float) -> float | None:
        """When the receiver first got a notification of that status about it since a moment."""
        return next(
            (
                n.at
                for n in self.notifications
                if is_of(self.alert, n) and n.status == status and n.at >= since
            ),
            None,
        )


@dataclass
class Phases:
    """The phases of one life. `window_s` and `for_s` are those of the running rule."""

    alert: Alert
    stimulus: Stimulus
    watch: Watch
    deadlines: Deadlines
    factor: float
    alive: Callable[[], None]
    hold: Hold
    marks: dict[str, float] = field(default_factory=dict)

    def run(self) -> Held:
        """Hold, drive, let go; each phase ends when the watch has seen what it waits for."""
        alert = self.alert
        window, for_s = alert.window / self.factor, alert.for_s / self.factor
        lived = alert.driven
        self._phase("hold", alert.threshold * lived.hold)
        fill = window if self.stimulus.fills_window else 0.0
        what = f"the window of {alert.alert} to be full of what it is held at"
        pause(self.deadlines.full_s(fill), what)
        held = self.hold.last()
        self.marks["full"] = held.full_at
        self._phase("drive", alert.threshold * lived.drive)
        deadline = self.deadlines.pending_s(window) + self.deadlines.firing_s(for_s)
        fired = self._await(self._fires, deadline, "to fire")
        if fired.met:
            told = partial(self.watch.told_at, "firing", self.marks["hold"])
            self._await(told, self.deadlines.delivered_s, "to be delivered")
        self._phase("recover", 0.0)
        if self.watch.state != "inactive":
            self._await(
                lambda: self.watch.first("inactive", self.marks["recover"]),
                self.deadlines.pending_s(window),
                "to become inactive",
            )
        self.stimulus.end()
        if begun := self.watch.told_at("firing", self.marks["hold"]):
            ended = partial(self.watch.told_at, "resolved", begun)
            self._await(ended, self.deadlines.resolved_s, "to be told resolved")
        self.marks["ended"] = time.time()
        return held

    def _phase(self, name: str, value: float) -> None:
        self.marks[name] = time.time()
        self.stimulus.apply(value)

    def _fires(self) -> bool:
        """Whether it fires, or did since it was driven."""
        after = self.watch.first("firing", self.marks["drive"])
        return after is not None or self.watch.state == "firing"

    def _await(self, seen: Callable[[], object], within_s: float, what: str) -> Waited[object]:
        def ask() -> object:
            self.alive()
            return seen()

        waited = until(ask, within_s=within_s, what=f"{self.alert.alert} {what}")
        if self.watch.error is not None and not waited.met:
            raise self.watch.error
        return waited


def live_through(
    alert: Alert,
    lookout: Lookout,
    stimulus: Stimulus,
    deadlines: Deadlines,
    factor: float,
    alive: Callable[[], None],
    troubled: Callable[[float], str | None],
) -> AlertLife:
    """Run the phases of one alert; `factor` is how much shorter than shipped its rule runs,
    `troubled` says why what was scraped since a moment says nothing.

    Raises ObservationError when a server could not be asked, StackError when one went away.
    """
    watch = Watch(alert)
    with lookout.told(watch.see):
        try:
            stimulus.prepare()
            quiet_first(watch, deadlines, alert.window / factor, alive)
            holding = Hold(
                alert.alert,
                alert.window / factor if stimulus.fills_window else 0.0,
                deadlines,
                partial(last_evaluation, lookout.clients.prometheus, alert.alert),
                lambda: watch.looks,
                troubled,
                alive,
            )
            phases = Phases(alert, stimulus, watch, deadlines, factor, alive, holding)
            held = phases.run()
        finally:
            stimulus.end()
    life = life_of(alert, watch, phases.marks, stimulus)
    return replace(life, evaluations=held.evaluations, window_lost=held.lost)


def longest_s(alert: Alert, deadlines: Deadlines, factor: float) -> float:
    """Seconds that a life may take, and what drives it with it: every wait to its end, and as much
    again for rules that are evaluated more seldom than others.
    """
    window, for_s = alert.window / factor, alert.for_s / factor
    turns = 3  # quiet first, driven, let go
    fill = deadlines.full_s(window)
    waits = deadlines.firing_s(for_s) + deadlines.delivered_s
    held = hold.longest_s(deadlines, window)
    return 2 * (turns * deadlines.pending_s(window) + fill + held + waits)


def quiet_first(
    watch: Watch, deadlines: Deadlines, window_s: float, alive: Callable[[], None]
) -> Waited[str | None]:
    """Wait until the alert is inactive and stays so for a quiet window."""
    quiet = 2 * deadlines.timings.evaluation_s

    def state() -> str | None:
        alive()
        return watch.state

    waited = until(
        state,
        lambda s: s == "inactive",
        within_s=deadlines.pending_s(window_s),
        what=f"{watch.alert.alert} to be inactive at first",
    )
    if waited.met:
        what = f"{watch.alert.alert} to stay inactive at first"
        return holds_for(state, lambda s: s == "inactive", for_s=quiet, what=what)
    return waited


def life_of(alert: Alert, watch: Watch, marks: dict[str, float], stimulus: Stimulus) -> AlertLife:
    """Put together what was seen, and what the stimulus says that it was."""
    drive = marks.get("drive", marks["ended"])
    recover = marks.get("recover", marks["ended"])
    told = stimulus.told(marks["hold"], drive, recover)
    firing = watch.first("firing", marks["hold"])
    pending = watch.last("pending", before=firing or marks["ended"])
    told_of = next((n for n in watch.notifications if _is_first(n, alert, firing)), None)
    fired = epoch(told_of.starts_at) if told_of else None
    return AlertLife(
        name=alert.alert,
        hold_at=marks["hold"],
        full_at=marks.get("full", drive),
        drive_at=drive,
        recover_at=recover,
        ended_at=marks["ended"],
        held=told.held,
        driven=told.driven,
        states=tuple(watch.states),
        # A rule without a `for` fires at once, and is pending for no time.
        pending_at=pending if alert.for_s else firing,
        firing_at=firing,
        inactive_at=watch.first("inactive", firing) if firing else None,
        in_alertmanager=watch.in_alertmanager,
        notifications=tuple(
            n
            for n in watch.notifications
            if n.at >= marks["hold"] and (n.name != alert.alert or is_of(alert, n))
        ),
        shortfall=told.shortfall,
        stimulus=told.what,
        slack=told.slack,
        active_at=watch.active_at.get(firing) if firing else None,
        fired_at=fired,
        handed_at=next((at for at in watch.handed if fired and at >= fired - ROUNDED_S), None),
    )


def _is_first(note: Notification, alert: Alert, firing: float | None) -> bool:
    """Whether a notification tells that the alert fires, since it was seen to."""
    about = is_of(alert, note) and note.status == "firing"
    return about and firing is not None and note.at >= firing - SEEN_LATE_S


def is_of(alert: Alert, seen: AlertSeen | Notification) -> bool:
    """Whether it is our alert: others of its name have another subject."""
    return seen.name == alert.alert and alert.subject.items() <= dict(seen.labels).items()


def _rank(state: str) -> int:
    return {"firing": 2, "pending": 1}.get(state, 0)
