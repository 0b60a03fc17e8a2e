"""What Prometheus would take and keep with its intervals as shipped."""

from __future__ import annotations

from smokestack.errors import BadResponse
from smokestack.judge.stored import Kept
from smokestack.observe.administration import Administration
from smokestack.observe.prometheus import Prometheus
from smokestack.system import System

SAMPLES = "sum by (job) (scrape_samples_post_metric_relabeling)"
BESIDE = 5
"""Series that Prometheus adds to each scrape: `up`, `scrape_duration_seconds`, `scrape_*` (its
documentation, "Automatically generated labels and time series")."""
RULES = "sum(prometheus_rule_group_last_evaluation_samples)"


def kept_metrics(system: System, prometheus: Prometheus, evaluation_s: float) -> Kept:
    """How many samples a second: each job's by its interval in system.yaml, what rules record by
    `evaluation_s`, what is pushed by its own interval. Raises ObservationError.
    """
    told = Administration(prometheus.edge).retention()
    promised = system.configuration.retention.metrics if system.configuration else None
    scraped = {one.labels.get("job", ""): one.value for one in prometheus.instant(SAMPLES)}
    if not scraped:
        raise BadResponse(f"{SAMPLES} gave nothing: no scrape has a number of samples")
    rate = sum(
        (scraped[job.job] + BESIDE) / job.interval for job in system.scrape if job.job in scraped
    )
    rate += (prometheus.value(RULES) or 0.0) / evaluation_s
    if system.push:
        pushed = prometheus.series_count(f'{{job="{system.push.job}"}}')
        rate += pushed / system.push.interval
    return Kept(rate, promised.time if promised else told.seconds, told.size)
