"""Requests sent with leave to a stack that others use, too: what must be exact is, and the rest is
at least as much as was sent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.stack.real_stack import ROOT
from tests.stack.two_tenants import TENANT, Forgetful, forgetful, others, staging

RUN_S = 120.0
SUITES = ("metrics", "logs", "traces", "correlation", "queries", "load")
LOOKED_AT = ("metrics", "logs", "traces")
PING, HEALTH, ORDER = "/api/v1/ping", "/api/v1/health", "/api/v1/orders/1"
SENT = 250
"""What the ordinary traffic of the reference system is."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """One stack for all of these tests."""
    with staging(tmp_path_factory.mktemp("staging")) as found:
        yield found


def asked(
    servers: Mapping[str, str],
    folder: Path,
    traffic: str,
    tenant: str = TENANT,
    suites: tuple[str, ...] = SUITES,
) -> tuple[int, str, Any]:
    """The exit code, output and `run.json` of a run with leave."""
    store = "tempo" if "tempo" in servers else "jaeger"
    file = folder / "staging.yaml"
    file.write_text(
        "\n".join(
            [
                "system: reference",
                "without: [cadvisor, container-logs]",
                "limits: {rate: 100}",
                "waits: {logs: 1s, traces: 2s}",
                f"traffic: {{allow: true, {traffic}}}",
                "endpoints:",
                f"  prometheus: {{url: '{servers['prometheus']}'}}",
                f"  loki: {{url: '{servers['loki']}', tenant: {tenant}}}",
                f"  {store}: {{url: '{servers['traces']}'}}",
                f"  gateway: {{url: '{servers['gateway']}', bearer: {{env: LET_IN}}}}",
                "",
            ]
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *(f"suites/test_{suite}.py" for suite in suites), "-q",
         "-p", "no:cacheprovider", f"--stack={file}", f"--report-dir={folder / 'reports'}"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env={**os.environ, "LET_IN": "a-t0ken"},
    )  # fmt: skip
    report = json.loads((folder / "reports" / "latest" / "run.json").read_text(encoding="utf-8"))
    return done.returncode, done.stdout + done.stderr, report


def said(report: Any) -> dict[str, tuple[str, str]]:
    """Verdict and summary by check; of one that is asked several times the last."""
    return {check["id"]: (check["verdict"], check["summary"]) for check in report["checks"]}


def sent(report: Any) -> int:
    """How many requests went to the application, by the calls that the report lists."""
    return sum(call["count"] for call in report["calls"] if call["server"] == "gateway")


def test_others_send_too(servers: Mapping[str, str], tmp_path: Path) -> None:
    """Logs and traces are exact, metrics at least: what others send is counted, and is not ours."""
    with others(servers["gateway"], HEALTH, ORDER):
        code, output, report = asked(servers, tmp_path, f"rate: 50, ours: {{routes: [{PING}]}}")
    verdicts = said(report)
    assert code == 0, output
    assert verdicts["metrics.counter-delta"] == (
        "met",
        "at least 363 of 363 copies (23 of them exactly, on what is ours alone) counted",
    )
    assert verdicts["logs.count"] == ("met", "363 of 363 events logged")
    assert verdicts["traces.identity"][0] == "met"
    (grown,) = (
        evidence["observed"]
        for check in report["checks"]
        for evidence in check["evidence"]
        if check["id"] == "metrics.counter-delta" and evidence["kind"] == "difference"
    )
    assert float(grown.split()[0]) > 363, "nobody else was counted: exact would have done as well"
    skipped = {check for check, (verdict, _) in verdicts.items() if verdict == "skipped"}
    assert {"traces.doubles", "logs.error-event", "load.rate", "load.pipeline"} <= skipped
    assert sent(report) == SENT
    assert not any(call["status"] == 500 for call in report["calls"])


def test_what_is_lost_is_missed(servers: Mapping[str, str], tmp_path: Path) -> None:
    """A cache keeps requests to itself: fewer are counted, logged and traced than were sent."""
    with forgetful(Forgetful(servers["gateway"], PING, 5)) as cache:
        code, output, report = asked(
            {**servers, "gateway": cache.url}, tmp_path, "rate: 80, tenant: ours", suites=LOOKED_AT
        )
    verdicts = said(report)
    assert code == 1, output
    assert cache.kept == 4
    assert verdicts["metrics.counter-delta"] == (
        "missed",
        f"gateway: GET {PING} 200: expected at least 23 counted, seen 19 (-4)",
    )
    assert verdicts["logs.count"] == (
        "missed",
        f"gateway: GET {PING} 200: expected 23 logged, seen 19 (-4)",
    )
    missed = {check for check, (verdict, _) in verdicts.items() if verdict == "missed"}
    assert missed == {
        "metrics.counter-delta", "metrics.histogram-count", "logs.count", "logs.identity",
        "traces.count", "traces.identity",
    }  # fmt: skip
    assert_marked(cache, report)


def test_a_tenant_who_may_not_see_the_lines_is_told(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    """Another tenant's lines are neither lost nor there: nothing of them can be told."""
    code, output, report = asked(servers, tmp_path, "rate: 100", "team-b", ("logs", "traces"))
    verdicts = said(report)
    assert code == 6, output
    of_logs = {check: of for check, of in verdicts.items() if check.startswith("logs.")}
    assert {verdict for verdict, _ in of_logs.values()} == {"unmeasured", "skipped"}
    assert "as tenant 'team-b', loki shows not one line" in of_logs["logs.count"][1]
    assert "`tenant` in the stack file" in output
    assert verdicts["traces.count"][0] == "met"


def assert_marked(cache: Forgetful, report: Any) -> None:
    """Each request says who sent it, that nobody waits for its answer, and for which tenant; and
    none comes sooner after the one before than the rate allows.
    """
    assert len(cache.asked) == sent(report) == SENT
    for _, _, headers in cache.asked:
        assert headers["baggage"].endswith(",synthetic_request=true")
        assert headers["x-correlation-id"].startswith(report["run_id"])
        assert headers["authorization"] == "Bearer a-t0ken"
        assert headers["x-tenant-id"] == "ours"
    took_s = max(load["duration_s"] for load in report["loads"])
    assert took_s >= (200 - 1) / 80


def test_more_than_was_allowed_is_refused_before_the_first_byte(
    servers: Mapping[str, str], tmp_path: Path
) -> None:
    """None of the scenarios is sent, not even the one that would have fitted."""
    with forgetful(Forgetful(servers["gateway"], PING, 5)) as cache:
        code, output, report = asked(
            {**servers, "gateway": cache.url}, tmp_path, f"requests: {SENT - 1}", suites=("traces",)
        )
    assert (code, cache.asked, sent(report)) == (6, [], 0), output
    verdict, summary = said(report)["traces.count"]
    assert verdict == "unmeasured"
    assert summary == (
        "staging.yaml allows 249 requests and 250 were to be sent (50 of smoke, 200 of steady); "
        "none of smoke, steady was"
    )
