"""`--pace fast` rewrites what its table lists, and nothing else."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from smokestack import yaml_file
from smokestack.errors import ConfigError
from smokestack.results import Change
from smokestack.stack import pace
from smokestack.stack.pace_table import TABLE, Kind

ROOT = Path(__file__).parents[2]
SHIPPED: list[tuple[Kind, str]] = [
    ("prometheus", "systems/reference/stack/prometheus.yml"),
    ("rules", "systems/reference/stack/rules/application.yml"),
    ("alertmanager", "compose/alertmanager/alertmanager.yml"),
    ("otel-collector", "compose/otel-collector/config.yml"),
    ("tempo", "compose/tempo/tempo.yml"),
    ("loki", "compose/loki/loki.yml"),
]


def compress(kind: Kind, document: Any, factor: float = 60) -> tuple[Any, dict[str, str]]:
    """The rewritten document, and `after` of each change by key."""
    new, changes = pace.compress_document(kind, document, factor, "file.yml")
    return new, {change.key: change.after for change in changes}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, 120),
        ({"global": None, "scrape_configs": None}, 120),
        ({"global": {"scrape_interval": "15s"}}, 60),
        ({"global": {"scrape_interval": "10s"}}, 40),
        ({"scrape_configs": [{"scrape_interval": "10s"}, {}]}, 40),
        ({"global": {"scrape_interval": "10m"}}, 120),
        ({"global": {"scrape_interval": "100ms"}}, 1),
    ],
)
def test_factor(config: dict[str, Any], expected: float) -> None:
    """No scrape is faster than 250 ms, and the factor is 120 at most."""
    assert pace.factor(config) == expected


def test_prometheus() -> None:
    """Intervals are divided, defaults written out, timeouts capped at the new interval."""
    config = {
        "global": {"scrape_interval": "15s", "external_labels": {"for": "5m"}},
        "scrape_configs": [
            {"job_name": "app", "scrape_interval": "30s", "scrape_timeout": "400ms"},
            {"job_name": "slow", "scrape_timeout": "10s"},
        ],
        "storage": {"tsdb": {"out_of_order_time_window": "30m"}},
    }
    new, changes = compress("prometheus", config)
    assert new["global"] == {
        "scrape_interval": "250ms",
        "external_labels": {"for": "5m"},
        "evaluation_interval": "1s",
        "scrape_timeout": "250ms",
    }
    assert new["scrape_configs"] == [
        {"job_name": "app", "scrape_interval": "500ms", "scrape_timeout": "400ms"},
        {"job_name": "slow", "scrape_timeout": "250ms"},
    ]
    assert new["storage"] == config["storage"]
    assert changes["scrape_configs[slow].scrape_timeout"] == "250ms"


def test_written_out_defaults_are_told() -> None:
    """A default that had to be written out is marked as one."""
    _, changes = pace.compress_document("prometheus", {"global": None}, 60, "prometheus.yml")
    assert Change("prometheus.yml", "global.evaluation_interval", "1m (default)", "1s") in changes


def test_rules() -> None:
    """Interval, offset, `for`, `keep_firing_for` and expressions change; labels and limit stay."""
    rule = {
        "alert": "Errors",
        "expr": "rate(x[5m]) > 5",
        "for": "5m",
        "keep_firing_for": "1m",
        "labels": {"for": "5m"},
        "annotations": {"summary": "for 5m, rate(x[5m])"},
    }
    record = {"record": "job:x:rate5m", "expr": "rate(x[5m])"}
    group = {"name": "g", "interval": "1m", "query_offset": "30s", "limit": 9}
    new, changes = compress("rules", {"groups": [{**group, "rules": [rule, record]}]})
    assert new["groups"][0]["rules"] == [
        {**rule, "expr": "rate(x[5s]) > 5", "for": "5s", "keep_firing_for": "1s"},
        {**record, "expr": "rate(x[5s])"},
    ]
    assert changes == {
        "groups[g].interval": "1s",
        "groups[g].query_offset": "500ms",
        "groups[g].rules[Errors].for": "5s",
        "groups[g].rules[Errors].keep_firing_for": "1s",
        "groups[g].rules[Errors].expr": "rate(x[5s]) > 5",
        "groups[g].rules[job:x:rate5m].expr": "rate(x[5s])",
    }


@pytest.mark.parametrize(
    ("expr", "reason"), [("time() - x > 1800", "wall clock"), ("rate(x[", "not PromQL")]
)
def test_incompressible_rules_run_as_shipped(expr: str, reason: str) -> None:
    """A rule that no factor suits keeps its expression and its `for`, and says why."""
    document = {"groups": [{"name": "g", "rules": [{"alert": "Old", "expr": expr, "for": "5m"}]}]}
    assert compress("rules", document) == (document, {})
    (told,) = pace.incompressible(document, "rules.yml")
    assert (told.where, told.key) == ("rules.yml", "groups[g].rules[Old]")
    assert reason in told.reason


def test_an_alert_that_bears_less_has_a_factor_of_its_own() -> None:
    """Its `for` and its expression are divided by less; the group and other rules are not."""
    rules: dict[str, Any] = {
        "groups": [
            {
                "name": "g",
                "interval": "1m",
                "rules": [
                    {"alert": "Slow", "expr": "changes(x[10m]) > 3", "for": "1m"},
                    {"alert": "Fast", "expr": "changes(x[10m]) > 3", "for": "1m"},
                ],
            }
        ]
    }
    new, changes = pace.compress_document("rules", rules, 120, "r.yml", {"Slow": 60, "Fast": 500})
    slow, fast = new["groups"][0]["rules"]
    assert (slow["expr"], slow["for"]) == ("changes(x[10s]) > 3", "1s")
    assert (fast["expr"], fast["for"]) == ("changes(x[5s]) > 3", "500ms")
    assert new["groups"][0]["interval"] == "500ms"
    assert len(changes) == 5


def test_alertmanager() -> None:
    """Every route is rewritten, defaults on the root alone; muting stays."""
    config = {
        "route": {
            "receiver": "a",
            "group_wait": "10s",
            "routes": [
                {"receiver": "b", "match": {"group_wait": "10s"}},
                {"routes": [{"repeat_interval": "1h"}], "group_interval": "1m"},
            ],
        },
        "mute_time_intervals": [{"name": "night", "time_intervals": [{"times": "22:00"}]}],
        "global": {"resolve_timeout": "5m"},
    }
    new, changes = compress("alertmanager", config)
    assert changes == {
        "route.group_wait": "167ms",
        "route.group_interval": "5s",
        "route.repeat_interval": "4m",
        "route.routes[1].group_interval": "1s",
        "route.routes[1].routes[0].repeat_interval": "1m",
    }
    assert new["route"]["routes"][0] == config["route"]["routes"][0]  # type: ignore[index]
    assert new["global"] == config["global"]


def test_collector() -> None:
    """Batch, flush and poll delays change, under any name; retries and timeouts do not."""
    exporter = {
        "timeout": "5s",
        "retry_on_failure": {"initial_interval": "5s", "max_interval": "30s"},
        "sending_queue": {"batch": {"flush_timeout": "6s"}},
    }
    config = {
        "receivers": {"file_log/app": {"poll_interval": "6s"}, "otlp": None},
        "processors": {"batch": None, "batch/slow": {"timeout": "12s"}, "batchless": None},
        "exporters": {"otlp": exporter},
    }
    new, changes = compress("otel-collector", config)
    assert changes == {
        "processors.batch.timeout": "10ms",
        "processors.batch/slow.timeout": "200ms",
        "exporters.otlp.sending_queue.batch.flush_timeout": "100ms",
        "receivers.file_log/app.poll_interval": "100ms",
    }
    assert new["processors"]["batchless"] is None
    assert new["exporters"]["otlp"]["retry_on_failure"] == exporter["retry_on_failure"]


def test_tempo() -> None:
    """Search sees a trace sooner; how long blocks are kept does not change."""
    config = {
        "live_store": {"max_trace_idle": "30s", "complete_block_timeout": "1h"},
        "backend_worker": {"compactor": {"block_retention": "336h"}},
    }
    new, changes = compress("tempo", config)
    assert changes == {
        "live_store.max_trace_idle": "500ms",
        "query_frontend.query_end_cutoff": "500ms",
    }
    assert new["backend_worker"] == config["backend_worker"]


def test_environment() -> None:
    """The SDK's delays change, as text or number; its timeouts and absent ones do not."""
    environment = {"OTEL_BSP_SCHEDULE_DELAY": "5000", "OTEL_METRIC_EXPORT_INTERVAL": 60000}
    kept = {"OTEL_BSP_EXPORT_TIMEOUT": "30000", "APP_LOG_DIR": "/var/log"}
    new, _ = compress("environment", environment | kept)
    assert new == {"OTEL_BSP_SCHEDULE_DELAY": "83", "OTEL_METRIC_EXPORT_INTERVAL": 1000} | kept


def test_shared_values_are_divided_once() -> None:
    """What a YAML alias repeats is one object when read, and yet divided once in each place."""
    job = {"scrape_interval": "30s"}
    new, _ = compress("prometheus", {"scrape_configs": [job, job]})
    assert new["scrape_configs"] == [{"scrape_interval": "500ms"}] * 2


def test_arguments() -> None:
    """Both ways of writing a flag are rewritten; retention is not."""
    arguments = [
        "--query.lookback-delta=5m",
        "--rules.alert.resend-delay",
        "1m",
        "--storage.tsdb.retention.time=30d",
        "--query.timeout=2m",
    ]
    new, changes = compress("arguments", arguments)
    assert new == ["--query.lookback-delta=5s", "--rules.alert.resend-delay", "1s", *arguments[3:]]
    assert changes == {"--query.lookback-delta": "5s", "--rules.alert.resend-delay": "1s"}


def test_the_table_never_names_what_must_stay() -> None:
    """No row touches retention, an age limit, or a timeout (but to cap, or as a batch delay)."""
    divided = [key.path for key in TABLE if key.treatment != "capped"]
    delays = {"processors.batch|batch/*.timeout", "exporters.*.sending_queue.batch.flush_timeout"}
    for word in ("retention", "age", "timeout", "retry", "limit"):
        assert {path for path in divided if word in path.split(".")[-1]} <= delays


@pytest.mark.parametrize(("kind", "path"), SHIPPED)
def test_shipped_files(kind: Kind, path: str) -> None:
    """The files that ship change only where the report says so, and are never mutated."""
    shipped = yaml_file.read(ROOT / path).data
    kept = copy.deepcopy(shipped)
    new, changes = pace.compress_document(kind, shipped, 120, path)
    assert shipped == kept
    assert (new == shipped) == (not changes) == (kind == "loki")
    assert pace.compress_document(kind, shipped, 1, path) == (shipped, [])


@pytest.mark.parametrize(
    ("kind", "document", "key"),
    [
        ("prometheus", {"global": {"evaluation_interval": "1.5s"}}, "global.evaluation_interval"),
        ("environment", {"OTEL_BSP_SCHEDULE_DELAY": "5s"}, "OTEL_BSP_SCHEDULE_DELAY"),
        ("arguments", ["--query.lookback-delta=soon"], "--query.lookback-delta"),
    ],
)
def test_what_is_no_duration(kind: Kind, document: Any, key: str) -> None:
    """A value that is no duration is a configuration error with file, key and a way out."""
    with pytest.raises(ConfigError, match=rf"file.yml: {key}: not a .*\n.*--pace real"):
        compress(kind, document)


def test_unknown_kind() -> None:
    """A kind that nobody knows is a mistake in our code, not a document to pass through."""
    with pytest.raises(ValueError, match="no such kind"):
        pace.compress_document("nginx", {}, 60, "x")  # type: ignore[arg-type]


def test_a_scrape_job_that_bears_less() -> None:
    """Its own interval is divided by its own factor, and its own timeout is capped at that."""
    jobs = [
        {"job_name": "quick"},
        {"job_name": "slow", "scrape_interval": "15s", "scrape_timeout": "10s"},
    ]
    shipped = {"global": {"scrape_interval": "15s"}, "scrape_configs": jobs}
    new: Any
    new, _ = pace.compress_document("prometheus", shipped, 60, "prometheus.yml", {"slow": 10})
    assert new["global"]["scrape_interval"] == "250ms"
    assert new["scrape_configs"][1]["scrape_interval"] == "1s500ms"
    assert new["scrape_configs"][1]["scrape_timeout"] == "1s500ms"
