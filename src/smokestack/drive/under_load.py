"""Sends a load, watches the hops meanwhile, and waits until its signals have arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass

from smokestack.drive.arrivals import Arrivals
from smokestack.drive.hop_watch import HopWatch
from smokestack.drive.loads import MARGIN_S, Loads
from smokestack.drive.why import Way
from smokestack.errors import LoadError
from smokestack.load.asked import AskedLoad
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.machine import Machine
from smokestack.pressure import Effort, Pressure
from smokestack.wait import until

LOOK_S = 0.25
"""Seconds between two looks at the queues: each look is some thousand lines of /metrics."""

GATE_S = 30.0
"""Seconds in which a scenario must stand at its gate, also on a busy machine."""

BEGUN = "under-load"


@dataclass(frozen=True)
class Borne:
    """A load that was sent, what it did, and its signals."""

    asked: AskedLoad
    load: Load
    arrivals: Arrivals
    effort: Effort
    pressure: Pressure
    ways: Mapping[str, Way]


@dataclass(frozen=True)
class Bearer:
    """Sends loads to one stack. `mark` reads the counters along the ways of signals, `received` the
    trace store's; `gather` starts to wait for the signals of loads.
    """

    scenarios: Loads
    watch: Callable[[], HopWatch]
    mark: Callable[[], Mapping[str, Way]]
    received: Callable[[], float | None]
    gather: Callable[[Sequence[Load], float | None], Arrivals]

    def warm(self, asked: AskedLoad) -> RunningLoad:
        """Start its process and let it wait at its gate."""
        return self.scenarios.warm(_name(asked), asked.scenario, asked)

    def bear(self, asked: AskedLoad) -> Borne:
        """Send a load and wait until its signals have arrived, or should have.

        Raises:
            LoadError: its process did not start, was killed, or left no whole ledger: what it sent
                is then not known.
        """
        self.warm(asked)
        started = self.scenarios.take(_name(asked), asked.scenario)
        _await_gate(started)
        ways, received, watch = self.mark(), self.received(), self.watch()
        machine = Machine()
        started.phase("load", error_ratio=asked.error_ratio)
        until(
            watch.look,
            lambda _: started.is_done(),
            within_s=asked.max_seconds + MARGIN_S,
            every_s=LOOK_S,
            describe=lambda _: f"{started.sent_so_far()} requests",
            what=f"{asked.scenario} to be sent",
        )
        busy = machine.busy()
        load = self.scenarios.finish(started, within_s=LOOK_S)
        if not len(load.ledger):
            raise LoadError(f"{asked.scenario} sent nothing: {load.info.shortfall}")
        arrivals = self.gather([load], received)
        wait(arrivals.all)
        effort = Effort(load.generator, busy)
        return Borne(asked, load, arrivals, effort, watch.pressure(), ways)


def _name(asked: AskedLoad) -> str:
    """Apart from the ordinary traffic, which has a scenario's own name."""
    return f"{BEGUN}-{asked.scenario}"


def _await_gate(started: RunningLoad) -> None:
    if not started.at_gate(GATE_S).met:
        started.stop()
        raise LoadError(
            f"scenario {started.spec.scenario} did not stand at its gate within {GATE_S:g} s",
            hint="the machine is too busy to start a load, or the scenario hangs as it is read",
        )
