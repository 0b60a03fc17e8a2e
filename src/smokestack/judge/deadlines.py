"""Deadlines derived from what the stack is configured with, plus one margin for the machine."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from smokestack.judge.counters import ScrapeWindow
from smokestack.samples import Series
from smokestack.timings import Timings

MARGIN_S = 5.0
"""What a busy 2-core machine adds to any wait; a lost signal costs this much more to be sure."""

QUIET_BATCHES = 3
"""Absence is judged over so many more batch periods after the control signal arrived."""

LOST_SCRAPES = 0.1
"""Beyond this share of failed scrapes or skipped evaluations, timing says nothing."""

GAP = 4
"""A gap of so many intervals between two scrapes stalls what is measured across it."""

GAP_IN_WINDOW = 2
"""So many are enough to stall a rule: two such gaps leave a window with few requests between two
scrapes, one of which more or less then moves a ratio over a threshold or below it."""

HOLD_EVALUATIONS = 4
"""So many evaluations over a full window must leave an alert inactive."""


@dataclass(frozen=True)
class Deadlines:
    """Seconds allowed for each hop."""

    timings: Timings

    @property
    def metrics_s(self) -> float:
        """From the last response to the closing scrape."""
        return self.timings.metrics_s + MARGIN_S

    @property
    def selected_s(self) -> float:
        """From the last response to every series that a rule selects: scraped, or recorded from
        what was scraped.
        """
        return self.timings.metrics_s + self.timings.evaluation_s + MARGIN_S

    @property
    def logs_s(self) -> float:
        """From the last response to the last event counted by Loki."""
        return self.timings.logs_s + MARGIN_S

    @property
    def traces_s(self) -> float:
        """From the last response to the last trace found."""
        return self.timings.traces_s + MARGIN_S

    @property
    def quiet_s(self) -> float:
        """How long nothing more may arrive before absence is believed."""
        slowest = max(self.timings.log_poll_s + self.timings.batch_s, self.timings.span_delay_s)
        return min(QUIET_BATCHES * slowest, MARGIN_S + slowest)

    @property
    def reloaded_s(self) -> float:
        """From a reload until a new job runs: discovery must have told of it."""
        return self.timings.discovery_s + MARGIN_S

    def panels_s(self, scrape_s: float) -> float:
        """From the end of the traffic until every panel must show data: a rate needs a second
        scrape, and of some scrape targets there was but one, `scrape_s` being the longest interval.
        """
        return scrape_s + self.timings.scrape_timeout_s + MARGIN_S

    def full_s(self, window_s: float) -> float:
        """From the begin of what an alert is held at to a window that is full of it."""
        return window_s + 2 * self.timings.scrape_s + self.timings.evaluation_s

    @property
    def held_s(self) -> float:
        """From a full window to the last evaluation of it that must leave an alert inactive. The
        first that is seen may be of before.
        """
        return (HOLD_EVALUATIONS + 1) * self.timings.evaluation_s + MARGIN_S

    def pending_s(self, window_s: float) -> float:
        """From the first failing request of a drive to pending."""
        return window_s + self.timings.metrics_s + self.timings.evaluation_s + MARGIN_S

    def firing_s(self, for_s: float) -> float:
        """From pending to firing: `for` and the evaluation that notices."""
        return for_s + 2 * self.timings.evaluation_s + MARGIN_S

    @property
    def delivered_s(self) -> float:
        """From firing to the receiver."""
        return self.timings.group_wait_s + self.timings.evaluation_s + MARGIN_S

    @property
    def resolved_s(self) -> float:
        """From inactive to the resolved notification at the receiver."""
        return self.timings.group_interval_s + self.timings.evaluation_s + MARGIN_S


def overload(
    windows: Iterable[ScrapeWindow],
    samples: Iterable[Series],
    interval_s: float,
    gap: float = GAP,
) -> str | None:
    """Why timing cannot be judged on this machine right now, or None when it can.

    A target that never answers is broken, not slow: it says nothing about the machine. `gap` is how
    many intervals between two scrapes are too many.
    """
    seen = [window for window in windows if window.failed < window.scrapes]
    failed, total = sum(w.failed for w in seen), sum(w.scrapes for w in seen)
    if total and failed / total > LOST_SCRAPES:
        return f"{failed} of {total} scrapes failed"
    for (job, instance), times in _up_times(samples).items():
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        if gaps and max(gaps) > gap * interval_s:
            return (
                f"Prometheus left {max(gaps):.1f} s between two scrapes of {job} ({instance}), "
                f"where {interval_s:.2f} s were asked for: the machine is too busy"
            )
    return None


def missed_iterations(missed: float, due: float) -> str | None:
    """Why timing cannot be judged when so many rule evaluations of those due were skipped."""
    if due > 0 and missed / due > LOST_SCRAPES:
        return f"Prometheus skipped {missed:.0f} of {due:.0f} rule evaluations"
    return None


def _up_times(samples: Iterable[Series]) -> dict[tuple[str, str], list[float]]:
    times: dict[tuple[str, str], list[float]] = {}
    for sample in samples:
        if sample.name == "up":
            key = (sample.labels.get("job", ""), sample.labels.get("instance", ""))
            times.setdefault(key, []).append(sample.at)
    return {key: sorted(each) for key, each in times.items()}
