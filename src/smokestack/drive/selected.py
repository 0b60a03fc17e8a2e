"""Asks what the selectors of an alert's rule match: the rule as Prometheus has loaded it.

One query counts the series of all selectors, and is repeated until nothing is lacking. Only where
something is does it ask what exists in its place: one query more for each label and value, the
names of all metrics, and the targets.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from smokestack.alerting import RuleSeen
from smokestack.errors import ObservationError
from smokestack.expressions import Reading, read
from smokestack.judge.alive import Asked, Looked
from smokestack.judge.deadlines import Deadlines
from smokestack.judge.gaps import Counts, Expected, Gap, Kind
from smokestack.matchers import label_text
from smokestack.observe.prometheus import Prometheus, count_over, over
from smokestack.system import Alert
from smokestack.wait import POLL_S, Waited, until

FEWEST_SCRAPES = 4
"""Scrape intervals that the window has at least: one scrape that failed must hide nothing."""


@dataclass(frozen=True)
class Selected:
    """Looks for what rules select, in the time `since` a moment (seconds since the epoch) and over
    `least_s` seconds at least.
    """

    prometheus: Prometheus
    deadlines: Deadlines
    since: float
    least_s: float
    waits: bool = True
    """Whether what is lacking may still come: not where nothing was sent."""

    def by(self, alert: Alert) -> Looked:
        """What an alert's rule selects, awaited.

        Raises ObservationError where Prometheus cannot be asked, has not loaded the alert, or has
        an expression of it that cannot be read here.
        """
        rules = self.prometheus.rules()
        expected = Expected(_reading(alert, rules), alert.alive.matchers)
        counted = self._count(expected)
        at = time.time()
        window_s = self._window_s(at)
        queries = {one: count_over(one, window_s) for one in expected.questions}
        asked = {one: Asked(q, self.prometheus.repeat(q, at)) for one, q in queries.items()}
        looked = Looked(expected, counted, window_s, asked)
        if counted.error or (counted.met and any((counted.value or {}).values())):
            return looked
        gaps = expected.gaps(counted.value or {})
        return replace(
            looked,
            names=self.prometheus.names(within=(at - window_s, at)),
            there=dict(self._instead(gaps, window_s, at)),
            recorded={rule.name: rule for rule in rules if rule.type == "recording"},
            down=[one for one in self.prometheus.scraped() if one.health != "up"],
        )

    def _window_s(self, at: float) -> float:
        return max(at - self.since, self.least_s)

    def _count(self, expected: Expected) -> Waited[Counts]:
        questions = tuple(expected.questions)

        def counts() -> Counts:
            at = time.time()
            return self.prometheus.counts_over(questions, self._window_s(at), at)

        timings = self.deadlines.timings
        return until(
            counts,
            lambda seen: not expected.gaps(seen),
            within_s=self.deadlines.selected_s if self.waits else 0.0,
            every_s=max(POLL_S, min(timings.scrape_s, timings.evaluation_s) / 2),
            describe=lambda seen: f"{len(expected.gaps(seen))} things are lacking",
            what="what rules select, in Prometheus",
        )

    def _instead(
        self, gaps: Sequence[Gap], window_s: float, at: float
    ) -> Iterator[tuple[Gap, tuple[str, ...]]]:
        """What exists in the place of each gap."""
        for gap in gaps:
            if gap.kind is Kind.LABEL:
                labels = self.prometheus.labels(str(gap.of), (at - window_s, at))
                yield gap, tuple(labels)
            elif gap.kind is Kind.VALUE:
                query = f"count by ({label_text(gap.label)}) ({over(gap.of, window_s)})"
                found = self.prometheus.instant(query, at)
                yield gap, tuple(one.labels[gap.label] for one in found if gap.label in one.labels)


def _reading(alert: Alert, rules: Sequence[RuleSeen]) -> Reading:
    """All that the rules of an alert select: there may be several of one name."""
    mine = [one for one in rules if (one.type, one.name) == ("alerting", alert.alert)]
    if not mine:
        raise ObservationError(
            f"{alert.alert} is not loaded, so nothing can be said of what it selects",
            hint="smokestack explain alerts.rules-loaded",
        )
    try:
        readings = [read(one.query) for one in mine]
    except ValueError as error:
        raise ObservationError(
            f"the expression of {alert.alert} cannot be read: {error}"
        ) from error
    return Reading(
        tuple(dict.fromkeys(selector for each in readings for selector in each.selectors)),
        tuple(dict.fromkeys(demand for each in readings for demand in each.demands)),
    )
