"""The durations that a running stack is configured with: what every deadline is derived from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Seconds, as the servers were started with them (after `--pace` rewrote them)."""

    scrape_s: float
    """The longest scrape interval of an application job."""
    scrape_timeout_s: float
    evaluation_s: float
    log_poll_s: float
    """How often the shipper looks for new lines."""
    batch_s: float
    """The collector's batch timeout; each signal passes it once."""
    span_delay_s: float
    """How long the application's SDK collects spans before it sends them."""
    trace_cut_s: float
    """How long the trace store waits before a trace can be searched."""
    group_wait_s: float
    group_interval_s: float
    discovery_s: float
    """How often Prometheus reloads its scrape targets; no first scrape before."""
    housekeeping_s: float = 0.0
    """How often cAdvisor looks at the containers."""

    @property
    def metrics_s(self) -> float:
        """From a response to the end of the first scrape that must have it."""
        return self.scrape_s + self.scrape_timeout_s

    @property
    def containers_s(self) -> float:
        """From the start of a container until Prometheus must have its figures."""
        return 2 * self.housekeeping_s + self.metrics_s

    @property
    def logs_s(self) -> float:
        """From a written line to its arrival in Loki."""
        return self.log_poll_s + self.batch_s

    @property
    def traces_s(self) -> float:
        """From an ended span to its trace being found by search."""
        return self.span_delay_s + self.batch_s + self.trace_cut_s
