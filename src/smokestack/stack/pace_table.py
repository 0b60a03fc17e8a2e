"""What `--pace fast` divides: the whole table. What is not in it stays as shipped.

Left out on purpose: retention, age limits, timeouts, retry intervals, and all of Loki, which
answers queries from its ingesters at once and has no delay to cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "prometheus",
    "rules",
    "alertmanager",
    "loki",
    "otel-collector",
    "tempo",
    "environment",
    "arguments",
]
"""What a document is: a server's configuration, a service's environment, a command line."""

Treatment = Literal["prometheus", "go", "milliseconds", "promql", "capped"]
"""How a value is rewritten: as a duration of that style, as an expression, or capped."""


@dataclass(frozen=True)
class PaceKey:
    """One row: the values at `path` in documents of `kind`, and how they are rewritten.

    In `path`, `*` is every entry of a mapping or list, `a|a/*` either name, and `routes**` the
    entries of `routes` and of their own `routes`, however deep. A flag or variable is its name.
    `default` is what the server uses when the key is absent, written out so that it can be
    divided. Nothing becomes shorter than `floor_ms`, unless it was shipped so.
    """

    kind: Kind
    path: str
    treatment: Treatment
    why: str
    default: str | None = None
    floor_ms: int = 1


_FILELOG = "receivers.filelog|filelog/*|file_log|file_log/*.poll_interval"
_CAPPED = "never divided; capped, since Prometheus refuses one longer than its interval"

TABLE: tuple[PaceKey, ...] = (
    PaceKey("prometheus", "global.scrape_interval", "prometheus", "scrape interval", "1m"),
    PaceKey("prometheus", "global.evaluation_interval", "prometheus", "rule evaluation", "1m"),
    PaceKey("prometheus", "global.rule_query_offset", "prometheus", "offset"),
    PaceKey("prometheus", "scrape_configs.*.scrape_interval", "prometheus", "scrape interval"),
    PaceKey(
        "prometheus",
        "remote_write.*.queue_config.batch_send_deadline",
        "prometheus",
        "batch delay",
        floor_ms=10,
    ),
    PaceKey("prometheus", "global.scrape_timeout", "capped", _CAPPED, "10s"),
    PaceKey("prometheus", "scrape_configs.*.scrape_timeout", "capped", _CAPPED),
    PaceKey("rules", "groups.*.interval", "prometheus", "group interval"),
    PaceKey("rules", "groups.*.query_offset", "prometheus", "offset"),
    PaceKey("rules", "groups.*.rules.*.for", "prometheus", "how long before it fires"),
    PaceKey("rules", "groups.*.rules.*.keep_firing_for", "prometheus", "how long it lingers"),
    PaceKey("rules", "groups.*.rules.*.expr", "promql", "ranges, subqueries and offsets"),
    PaceKey("alertmanager", "route.group_wait", "prometheus", "wait for the group", "30s"),
    PaceKey("alertmanager", "route.group_interval", "prometheus", "between updates", "5m"),
    PaceKey("alertmanager", "route.repeat_interval", "prometheus", "between reminders", "4h"),
    PaceKey("alertmanager", "route.routes**.group_wait", "prometheus", "wait for the group"),
    PaceKey("alertmanager", "route.routes**.group_interval", "prometheus", "between updates"),
    PaceKey("alertmanager", "route.routes**.repeat_interval", "prometheus", "between reminders"),
    PaceKey("otel-collector", "processors.batch|batch/*.timeout", "go", "batch delay", "200ms", 10),
    PaceKey(
        "otel-collector",
        "exporters.*.sending_queue.batch.flush_timeout",
        "go",
        "batch delay",
        floor_ms=10,
    ),
    PaceKey("otel-collector", _FILELOG, "go", "how often files are read", "200ms", 50),
    PaceKey("tempo", "live_store.max_trace_idle", "go", "trace cut after its last span", None, 200),
    PaceKey("tempo", "live_store.max_trace_live", "go", "trace cut at the latest", None, 200),
    PaceKey("tempo", "live_store.flush_check_period", "go", "how often traces are cut", None, 200),
    PaceKey("tempo", "live_store.max_block_duration", "go", "block flushed", None, 200),
    PaceKey("tempo", "query_frontend.query_end_cutoff", "go", "unseen by search", "30s", 200),
    PaceKey(
        "environment", "OTEL_BSP_SCHEDULE_DELAY", "milliseconds", "batch delay of spans", None, 10
    ),
    PaceKey(
        "environment", "OTEL_BLRP_SCHEDULE_DELAY", "milliseconds", "batch delay of logs", None, 10
    ),
    PaceKey(
        "environment",
        "OTEL_METRIC_EXPORT_INTERVAL",
        "milliseconds",
        "push interval of metrics",
        floor_ms=100,
    ),
    PaceKey(
        "environment",
        "STATISTICS_INTERVAL",
        "milliseconds",
        "RabbitMQ's queues say how many messages they have",
        floor_ms=100,
    ),
    PaceKey("arguments", "--query.lookback-delta", "prometheus", "how long a sample lasts"),
    PaceKey("arguments", "--rules.alert.resend-delay", "prometheus", "alert sent again"),
    PaceKey("arguments", "--scrape.discovery-reload-interval", "prometheus", "before a scrape"),
    PaceKey("arguments", "--housekeeping_interval", "go", "cAdvisor looks again", floor_ms=1000),
)
"""Every key. Flags have no default here: compose.yaml writes them out, and each is known to one
server alone."""
