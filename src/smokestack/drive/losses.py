"""Says of what is missing, or doubled, where on its way it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from smokestack.clients import Clients
from smokestack.drive.why import Way, ways
from smokestack.judge.counting import expected_counts
from smokestack.load.outcome import Load
from smokestack.results import Judgement, Verdict
from smokestack.samples import Ledger
from smokestack.system import Signal, System


@dataclass
class Losses:
    """Explains judgements on the traffic of a run. `loads` grows while the run goes on."""

    system: System
    loads: Sequence[Load]
    _ways: dict[str, Way] = field(default_factory=dict)

    def mark(self, clients: Clients) -> None:
        """Read the hops' counters, so that what they count from now on can be told."""
        self._ways = ways(clients)

    def explained(self, judgement: Judgement, signal: Signal, *, lacking: bool) -> Judgement:
        """A missed judgement with where the signal was lost, by the servers' own counters.

        What is there too often was not lost: unless something is lacking, nothing is added.
        """
        if judgement.verdict is not Verdict.MISSED or signal not in self._ways or not lacking:
            return judgement
        ledger = sum((load.ledger for load in self.loads), Ledger())
        expected = expected_counts(self.system, ledger, signal).total
        return self._ways[signal].lost_at(expected).explains(judgement, signal)

    def doubled(self, judgement: Judgement, distinct: int) -> Judgement:
        """A missed judgement on doubled spans with where they were doubled, by the counters."""
        if judgement.verdict is not Verdict.MISSED or "traces" not in self._ways:
            return judgement
        where = self._ways["traces"].doubled_at(distinct)
        findings = tuple(replace(finding, lost_at=where) for finding in judgement.findings)
        return replace(judgement, findings=findings)
