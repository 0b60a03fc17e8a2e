"""The waits of a stack are read from what its servers are started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smokestack.stack.compose_file import read_env_file, read_services
from smokestack.stack.configured import timings
from smokestack.stack.native_layout import NativeLayout
from smokestack.stack.pace import factor
from smokestack.stack.render import Rendered, render
from smokestack.timings import Timings

ROOT = Path(__file__).parents[2]
APPLICATION = ("gateway", "backend")

Stack = Mapping[str, Rendered]


def rendered(folder: Path, divided_by: float, trace_store: str = "jaeger") -> dict[str, Rendered]:
    """The reference system, rendered but not started."""
    env = read_env_file(ROOT / "systems" / "reference" / "stack" / ".env")
    services = read_services(
        ROOT / "compose" / "compose.yaml", {**env, "GRAFANA_ADMIN_PASSWORD": "mine"}
    )
    ports = {
        (name, port): 20_000 + number
        for number, (name, port) in enumerate(
            (name, port) for name, s in services.items() for port in s.extension.listen.values()
        )
    }
    layout = NativeLayout(folder, ROOT, ports, {})
    wanted = ["prometheus", "alertmanager", "otel-collector", *APPLICATION, trace_store]
    return {name: render(services[name], layout, divided_by, {}) for name in wanted}


@pytest.fixture
def stack(tmp_path: Path) -> dict[str, Rendered]:
    """The stack as it ships."""
    return rendered(tmp_path, 1.0)


def changed(stack: Stack, server: str, change: Mapping[str, Any]) -> Timings:
    """The durations after the one file of a server was changed at its top level."""
    one = stack[server]
    [(kind, data)] = [(k, d) for k, d in one.configs.items() if k != "rules"]
    other = {**stack, server: replace(one, configs={kind: {**data, **change}})}
    return timings(other.values(), APPLICATION)


def test_as_shipped(stack: Stack) -> None:
    """The reference system's durations, as its files have them."""
    found = timings(stack.values(), APPLICATION)
    prometheus = stack["prometheus"].configs["prometheus"]
    assert found.scrape_s == 30
    assert found.scrape_timeout_s == 10
    assert found.evaluation_s == 30
    assert found.span_delay_s == 5
    assert found.discovery_s == 5
    assert found.trace_cut_s == 0
    assert prometheus["global"]["scrape_interval"] == "1m"
    assert found.metrics_s == found.scrape_s + found.scrape_timeout_s
    assert found.logs_s == found.log_poll_s + found.batch_s
    assert found.traces_s == found.span_delay_s + found.batch_s


def test_fast_is_shorter_everywhere(stack: Stack, tmp_path: Path) -> None:
    """Every duration that is waited for shrinks with the pace, none grows."""
    by = factor(stack["prometheus"].configs["prometheus"])
    slow = timings(stack.values(), APPLICATION)
    fast = timings(rendered(tmp_path / "fast", by).values(), APPLICATION)
    assert fast.scrape_s == pytest.approx(slow.scrape_s / by)
    assert fast.evaluation_s == pytest.approx(slow.evaluation_s / by)
    assert fast.group_wait_s < slow.group_wait_s
    assert fast.span_delay_s < slow.span_delay_s
    assert fast.metrics_s < slow.metrics_s
    assert fast.logs_s <= slow.logs_s
    assert fast.scrape_timeout_s <= fast.scrape_s


def test_the_slowest_application_job_counts(stack: Stack) -> None:
    """A job that scrapes less often makes everybody wait longer; servers' own jobs do not."""
    jobs = stack["prometheus"].configs["prometheus"]["scrape_configs"]
    slower = [{**job, "scrape_interval": "2m"} if job["job_name"] == "backend" else job
              for job in jobs]  # fmt: skip
    found = changed(stack, "prometheus", {"scrape_configs": slower})
    assert (found.scrape_s, found.scrape_timeout_s) == (120, 10)


def test_without_application_jobs_all_count(stack: Stack) -> None:
    """Where somebody removed them the rest still bounds the wait."""
    jobs = stack["prometheus"].configs["prometheus"]["scrape_configs"]
    others = [job for job in jobs if job["job_name"] not in APPLICATION]
    assert changed(stack, "prometheus", {"scrape_configs": others}).scrape_s == 60


def test_prometheus_own_defaults(stack: Stack) -> None:
    """What a file leaves out is what Prometheus takes."""
    jobs = [{"job_name": "gateway"}]
    found = changed(stack, "prometheus", {"scrape_configs": jobs, "global": {}})
    assert (found.scrape_s, found.scrape_timeout_s, found.evaluation_s) == (60, 10, 60)


def test_alertmanagers_own_defaults(stack: Stack) -> None:
    """The same for Alertmanager's route."""
    found = changed(stack, "alertmanager", {"route": {"receiver": "x"}})
    assert (found.group_wait_s, found.group_interval_s) == (30, 300)


def test_the_slowest_route_counts(stack: Stack) -> None:
    """A route below may wait longer than the one above, and has its waits where it says none."""
    inner = {"group_wait": "1m", "routes": [{"group_wait": "5s", "group_interval": "10m"}]}
    found = changed(stack, "alertmanager", {"route": {"group_wait": "10s", "routes": [inner]}})
    assert (found.group_wait_s, found.group_interval_s) == (60, 600)


def test_collectors_own_defaults(stack: Stack) -> None:
    """A batch processor without a timeout has its own; without one nothing is batched."""
    assert changed(stack, "otel-collector", {"processors": {"batch": None}}).batch_s == 0.2
    assert changed(stack, "otel-collector", {"processors": None}).batch_s == 0


def test_no_scrape_job_at_all(stack: Stack) -> None:
    """Prometheus' defaults are something to go by; that jobs are missing is for a check to say."""
    assert changed(stack, "prometheus", {"scrape_configs": None}).scrape_s == 60


def test_tempo_cuts_traces(tmp_path: Path) -> None:
    """Tempo finds a trace by search only after it is cut; that is waited for."""
    stack = rendered(tmp_path, 1.0, "tempo")
    found = timings(stack.values(), APPLICATION)
    assert found.trace_cut_s > 0
    assert found.traces_s > found.span_delay_s + found.batch_s
