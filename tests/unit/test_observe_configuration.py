"""What servers say of their own configuration: Prometheus 3.15 and Loki 3.7 as recorded, Tempo as
its documentation has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx
import pytest

from smokestack.configuration import Intervals, Loaded, LogSchema, Retention
from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.observe import own_settings
from smokestack.observe.administration import Administration, retention_of
from smokestack.observe.edge import CallLog, Edge

RUNTIME = """{"status":"success","data":{"startTime":"2026-11-21T17:41:53.584367099Z",
"CWD":"/run","hostname":"vm","serverTime":"2026-11-21T17:41:57.532357236Z",
"reloadConfigSuccess":true,"lastConfigTime":"2026-11-21T17:41:53Z","corruptionCount":0,
"goroutineCount":26,"GOMAXPROCS":2,"GOMEMLIMIT":22748859187,"GOGC":"75","GODEBUG":"",
"storageRetention":"30d or 50GiB"}}"""
CONFIG = r"""{"status":"success","data":{"yaml":"global:\n  scrape_interval: 500ms\n
  scrape_timeout: 500ms\n  evaluation_interval: 250ms\n
  metric_name_validation_scheme: utf8\nscrape_configs:\n- job_name: prometheus\n
  honor_timestamps: true\n"}}""".replace("\n", "")
POOLS = '{"status":"success","data":{"scrapePools":["prometheus","smokestack-reload"]}}'
METRICS = """# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.79528312108e+09
# TYPE prometheus_config_last_reload_success_timestamp_seconds gauge
prometheus_config_last_reload_success_timestamp_seconds 1.7952831227772195e+09
# TYPE prometheus_config_last_reload_successful gauge
prometheus_config_last_reload_successful 0
"""
SNAPSHOT = '{"status":"success","data":{"name":"20261121T174209Z-0e7f6da66e8fe8ee"}}'
NO_ADMIN = '{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}'
LOKI = """schema_config:
  configs:
  - from: "2024-01-01"
    store: tsdb
    object_store: filesystem
    schema: v13
    index:
      path_prefix: index/
      prefix: index_
      period: 1d
      tags: {}
compactor:
  working_directory: /loki/compactor
  compaction_interval: 10m0s
  retention_enabled: true
  retention_delete_delay: 2h0m0s
  delete_request_store: filesystem
limits_config:
  reject_old_samples: true
  retention_period: 1w
"""
TEMPO_3 = """---
backend_worker:
  backoff:
    min_period: 100ms
  compaction:
    block_retention: 168h0m0s
    compacted_block_retention: 1h0m0s
"""
TEMPO_2 = """---
compactor:
  disabled: false
  compaction:
    block_retention: 336h0m0s
"""


def edge(answers: Mapping[str, str], status: int = 200) -> Edge:
    """An edge to a server that answers these paths."""

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=answers[request.url.path])

    transport = httpx.MockTransport(handler)
    return Edge(Endpoint("server", "http://server.test"), calls=CallLog(), transport=transport)


def prometheus(answers: Mapping[str, str], status: int = 200) -> Administration:
    """A Prometheus that answers these paths."""
    return Administration(edge(answers, status))


def test_prometheus_tells_its_retention_in_time_and_size() -> None:
    """What the storage was given, whatever the flags and the file said."""
    told = prometheus({"/api/v1/status/runtimeinfo": RUNTIME}).retention()
    assert told == Retention(30 * 86400.0, 50 * 1024.0**3)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("15d", Retention(15 * 86400.0)),
        ("1w or 1GiB512MiB", Retention(7 * 86400.0, 1536 * 1024.0**2)),
        ("512B", Retention(None, 512.0)),
        ("", Retention(None)),
    ],
)
def test_retention_may_lack_either(told: str, expected: Retention) -> None:
    """Without a time it keeps for ever, without a size any amount."""
    assert retention_of(told) == expected


@pytest.mark.parametrize("told", ["30d or 50GB", "soon", "GiB", "1GiBx512MiB"])
def test_retention_in_other_words_is_not_guessed_at(told: str) -> None:
    """A size in powers of 1000 would be another one."""
    with pytest.raises(BadResponse, match="shape not understood"):
        prometheus(
            {"/api/v1/status/runtimeinfo": RUNTIME.replace("30d or 50GiB", told)}
        ).retention()


def test_prometheus_tells_its_intervals_as_loaded() -> None:
    """In seconds, as it runs with them."""
    assert prometheus({"/api/v1/status/config": CONFIG}).intervals() == Intervals(0.5, 0.25)


def test_what_runs_is_read_from_prometheus_itself() -> None:
    """Its own metrics need no scrape, and pools are there only once they run."""
    told = prometheus({"/api/v1/scrape_pools": POOLS, "/metrics": METRICS}).loaded()
    jobs = frozenset({"prometheus", "smokestack-reload"})
    assert told == Loaded(jobs, 1795283122.7772195, successful=False, started_at=1795283121.08)
    with pytest.raises(BadResponse, match="last_reload_successful"):
        prometheus(
            {"/api/v1/scrape_pools": POOLS, "/metrics": METRICS.rpartition("# TYPE")[0]}
        ).loaded()


def test_a_refusal_is_told_in_its_words() -> None:
    """Without the flags, 403 as text and 500 as JSON; a broken file, 500 as text."""
    assert prometheus({"/-/reload": ""}).reload() is None
    refused = prometheus({"/-/reload": "Lifecycle API is not enabled."}, 403).reload()
    assert refused == "403 Lifecycle API is not enabled."
    path = "/api/v1/admin/tsdb/snapshot"
    assert prometheus({path: SNAPSHOT}).snapshot() == ("20261121T174209Z-0e7f6da66e8fe8ee", None)
    assert prometheus({path: NO_ADMIN}, 500).snapshot() == ("", "500 admin APIs disabled")


def test_the_data_folder_is_where_prometheus_sees_it() -> None:
    """With or without a slash at its end."""
    flags = json.dumps({"status": "success", "data": {"storage.tsdb.path": "/prometheus/"}})
    assert prometheus({"/api/v1/status/flags": flags}).data_folder() == "/prometheus"


def test_loki_tells_retention_and_schema() -> None:
    """A period alone deletes nothing: the compactor must be told to."""
    on = edge({"/config": LOKI})
    assert own_settings.loki_retention(on) == Retention(7 * 86400.0)
    assert own_settings.loki_schema(on) == LogSchema("v13", "tsdb", 86400.0)
    off = edge({"/config": LOKI.replace("enabled: true", "enabled: false")})
    assert own_settings.loki_retention(off) == Retention(7 * 86400.0, enforced=False)
    for_ever = edge({"/config": LOKI.replace("period: 1w", "period: 0s")})
    assert own_settings.loki_retention(for_ever).seconds is None


def test_of_several_schemas_the_last_that_has_begun_holds() -> None:
    """Whatever their order in the file."""

    def config(since: str, schema: str) -> dict[str, object]:
        return {"from": since, "schema": schema, "store": "tsdb", "index": {"period": "24h"}}

    told = {"schema_config": {"configs": [
        config("2026-06-01", "v13"), config("2027-01-01", "v14"), config("2023-01-01", "v11"),
    ]}}  # fmt: skip
    assert own_settings.schema_of(told, "2026-11-21").version == "v13"
    assert own_settings.schema_of(told, "2026-06-01").version == "v13"
    assert own_settings.schema_of(told, "2024-01-01").version == "v11"


@pytest.mark.parametrize(("told", "days"), [(TEMPO_3, 7), (TEMPO_2, 14)])
def test_tempo_tells_its_retention(told: str, days: int) -> None:
    """Of the worker since 3, of the compactor before."""
    assert own_settings.tempo_retention(edge({"/status/config": told})).seconds == days * 86400


@pytest.mark.parametrize("told", ["<html>", "a: [", "limits_config: {}"])
def test_what_is_no_configuration_is_not_read(told: str) -> None:
    """A proxy's page, half an answer, or another server's."""
    with pytest.raises(BadResponse, match=r"shape not understood|a page for people"):
        own_settings.loki_retention(edge({"/config": told}))
