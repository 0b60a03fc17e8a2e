"""The loads of a run: scenarios that wait warm at their gates, are run, and leave their ledgers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from smokestack.drive.alert_life import longest_s
from smokestack.drive.lives import load_of
from smokestack.drive.permit import Permit
from smokestack.errors import LoadError
from smokestack.judge.deadlines import Deadlines
from smokestack.leave import Leave
from smokestack.load import running
from smokestack.load.asked import AskedLoad
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.load.scenario import ScenarioSpec
from smokestack.stack.backend import Stack
from smokestack.system import Alert, System

MARGIN_S = 60.0
"""Seconds that a scenario may take to drain beyond what it was asked for."""


@dataclass
class Loads:
    """The loads of one run. `name` is the system's folder; `undisturbed` returns once no traffic
    is being counted that other traffic must not join. `permit` is there where somebody else runs
    the application.
    """

    root: Path
    name: str
    run_id: str
    system: System
    stack: Stack
    undisturbed: Callable[[], None]
    done: list[Load]
    tell: Callable[..., None]
    """Is told when a load begins and ends."""
    permit: Permit | None = None
    _names: Counter[str] = field(default_factory=Counter)
    _warm: dict[str, RunningLoad] = field(default_factory=dict)

    def warm(
        self,
        name: str,
        scenario: str | None = None,
        asked: AskedLoad | None = None,
        lasts_s: float = 0.0,
    ) -> RunningLoad:
        """Start a scenario's process now and let it wait at its gate, so that `run` starts at
        once: most of a scenario's start is Python's imports. `asked` says what is other than the
        scenario's own rate and duration; one that is told when to stop may last `lasts_s` seconds.
        """
        if name not in self._warm:
            unique = self._unique(name)
            host = self.stack.endpoints()[self.system.application.entry].url
            spec = ScenarioSpec(unique, scenario or name, host, system=self.name)
            spec = replace(spec, max_seconds=max(spec.max_seconds, lasts_s))
            if self.permit:
                spec = with_leave(spec, self.permit.leave(spec.scenario, asked))
            self._warm[name] = running.start(
                as_asked(spec, asked) if asked else spec,
                run_id=self.run_id,
                spawner=self.stack.spawner,
                directory=self.stack.folder / "loads",
                scenarios_dir=self.root / "scenarios",
                gated=True,
            )
        return self._warm[name]

    def _unique(self, name: str) -> str:
        """A load's name, numbered when a load of that name was there before."""
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name}-{self._names[name]}"

    def warm_alert(self, alert: Alert) -> None:
        """Start the scenario that drives an alert, if one does, to wait at its gate."""
        if alert.lived_through and alert.lived_through.scenario:
            factor = alert.factor(self.stack.factor)
            lasts = longest_s(alert, Deadlines(self.stack.timings), factor)
            self.warm(load_of(alert), alert.lived_through.scenario, lasts_s=lasts)

    def take_for(self, alert: Alert) -> RunningLoad:
        """What drives an alert, at its gate."""
        self.warm_alert(alert)
        return self.take(load_of(alert), alert.driven.scenario)

    def take(self, name: str, scenario: str | None) -> RunningLoad:
        """A scenario at its gate, which may be opened now."""
        started = self.warm(name, scenario)
        del self._warm[name]
        if self.permit:
            self.permit.open(started)
        self.undisturbed()
        self.tell("load-started", load=started.spec.name, scenario=started.spec.scenario)
        return started

    def require_leave(self, names: Sequence[str]) -> None:
        """All of these may be sent, before the first of them is. Raises NotPermitted."""
        if self.permit:
            self.permit.require([self.warm(name) for name in names])

    def run(self, name: str, scenario: str | None = None) -> Load:
        """Run a scenario to its end and keep its ledger."""
        started = self.take(name, scenario)
        started.go()
        return self.finish(started)

    def finish(self, started: RunningLoad, within_s: float | None = None) -> Load:
        """Wait until a scenario has ended, and keep its ledger. Raises LoadError where it has none
        that is whole.
        """
        patience = started.spec.max_seconds + MARGIN_S if within_s is None else within_s
        try:
            return self.keep(started.finish(patience))
        except LoadError as error:
            raise self._kept(error) from error

    def _kept(self, error: LoadError) -> LoadError:
        """The same error, with its files where they outlive the stack."""
        self.stack.save()
        here, there = str(self.stack.folder), str(self.stack.keep)
        hint = error.hint.replace(here, there) if error.hint else None
        return LoadError(error.message.replace(here, there), hint=hint)

    def keep(self, load: Load) -> Load:
        """Remember a load for the report."""
        self.done.append(load)
        info = load.info
        self.tell(
            "load-ended",
            load=info.name,
            requests=info.requests,
            duration_s=round(info.duration_s, 3),
            shortfall=info.shortfall,
        )
        if self.permit:
            self.permit.sent(load)
        return load


def with_leave(spec: ScenarioSpec, leave: Leave) -> ScenarioSpec:
    """What to run, so that it keeps within a leave; at its rate it may take longer."""
    return replace(spec, leave=leave, max_seconds=max(spec.max_seconds, leave.lasts_s() + MARGIN_S))


def as_asked(spec: ScenarioSpec, asked: AskedLoad) -> ScenarioSpec:
    """What to run, so that it is the load that is asked for."""
    return replace(
        spec,
        rate=asked.rate,
        total=asked.requests,
        seconds=asked.duration_s,
        users=asked.users,
        max_seconds=asked.max_seconds,
    )
