"""A real Loki that is several processes, with tenants: written to in one, read from another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from smokestack.configuration import LogSchema, Retention
from smokestack.endpoints import Endpoint, Limits
from smokestack.errors import NoAccess, NotPermitted
from smokestack.observe import hops
from smokestack.observe.calls import CallLog
from smokestack.observe.edge import Edge
from smokestack.observe.loki import Loki
from smokestack.observe.own_settings import loki_retention, loki_schema
from smokestack.wait import until
from tests.stack.real_stack import ROOT
from tests.stack.split_loki import SplitLoki, split_loki

LINES = 250
SELECTOR = '{app="shop"}'
RUN_S = 60.0


@dataclass(frozen=True)
class Written:
    """The processes, and from when to when tenant a has lines; tenant b has one."""

    loki: SplitLoki
    start: float
    end: float


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """Lines of two tenants, which went to the process that writes."""
    with split_loki(tmp_path_factory.mktemp("loki") / "data") as loki:
        start = time.time() - 60
        times = [int(start * 1e9) + number * 200_000_000 for number in range(LINES)]
        push(loki, "team-a", [[str(ns), json.dumps({"n": ns})] for ns in times])
        push(loki, "team-b", [[str(times[0]), "theirs"]])
        yield Written(loki, start - 1, start + 59)


def push(loki: SplitLoki, tenant: str, values: list[list[str]]) -> None:
    """Write lines; the writer must have found itself in the ring first."""
    body = {"streams": [{"stream": {"app": "shop"}, "values": values}]}

    def taken() -> bool:
        reply = httpx.post(
            f"{loki.write}/loki/api/v1/push", json=body, headers={"X-Scope-OrgID": tenant}
        )
        return reply.status_code == 204

    assert until(taken, within_s=20, every_s=0.2).met


def edge_to(url: str, tenant: str = "") -> Edge:
    """An edge to a process that somebody else runs: it only reads."""
    headers = {"X-Scope-OrgID": tenant} if tenant else {}
    endpoint = Endpoint("loki", url, headers, limits=Limits(rate=1000.0))
    return Edge(endpoint, calls=CallLog(), timeout_s=10)


def test_what_one_process_wrote_another_reads(written: Written) -> None:
    """Counts, pages, streams, labels and values, all of them, with the tenant's name."""
    with closing(edge_to(written.loki.read, "team-a")) as edge:
        loki = Loki(edge)
        count = f"sum(count_over_time({SELECTOR}[5m]))"
        counted = until(
            lambda: loki.count(count, time.time()),
            lambda found: bool(found) and found[0].value == LINES,
            within_s=20,
        )
        assert counted.met, counted
        lines = loki.lines(SELECTOR, written.start, written.end, page=100)
        assert len(lines) == LINES
        assert len({line.fields["n"] for line in lines}) == LINES
        [stream] = loki.streams(SELECTOR, written.start, written.end)
        assert stream["app"] == "shop"
        assert "app" in loki.label_names(written.start, written.end)
        assert loki.label_values("app", written.start, written.end) == ["shop"]
        assert loki.tally(count, time.time()).samples == 1
        assert loki.ready()
        assert loki.version().startswith("3.")
        offset = edge.clock_offset("/ready")
        assert offset is not None
        assert abs(offset) < 2


def test_tenants_do_not_see_each_other(written: Written) -> None:
    """The same question as another tenant gives that one's line alone; as a third, none."""
    for tenant, texts in (("team-b", ["theirs"]), ("team-c", [])):
        with closing(edge_to(written.loki.read, tenant)) as edge:
            lines = Loki(edge).lines(SELECTOR, written.start, written.end)
            assert [line.text for line in lines] == texts


def test_who_names_no_tenant_is_told_to(written: Written) -> None:
    """It is no matter of a token."""
    with closing(edge_to(written.loki.read)) as edge, pytest.raises(NoAccess) as raised:
        Loki(edge).count(f"count_over_time({SELECTOR}[1m])")
    assert "no org id" in raised.value.message
    assert "`tenant: NAME`" in str(raised.value.hint)


def test_the_reader_tells_its_configuration(written: Written) -> None:
    """Retention and schema, as every process has them."""
    with closing(edge_to(written.loki.read)) as edge:
        assert loki_retention(edge) == Retention(30 * 86400.0, enforced=True)
        assert loki_schema(edge) == LogSchema("v13", "tsdb", 86400.0)


def test_only_the_writer_counts_lines(written: Written) -> None:
    """A process that takes none is no hop that lost them all."""
    seen = {}
    for name, url in (("write", written.loki.write), ("read", written.loki.read)):
        with closing(edge_to(url)) as edge:
            [seen[name]] = hops.snapshot([hops.Station(hops.LOKI, edge)])
    assert seen["write"].entered == LINES + 1
    assert "one of several" in seen["read"].unread


def test_nothing_is_written_through_the_reader(written: Written) -> None:
    """What may be asked is the same, whichever process it is."""
    edge = edge_to(written.loki.write, "team-a")
    with closing(edge), pytest.raises(NotPermitted, match="nothing was sent"):
        edge.send("POST", "/loki/api/v1/push", json={})


def test_a_run_asks_the_reader(written: Written, tmp_path: Path) -> None:
    """A stack file with a tenant: what Loki alone tells is met, the rest is not asked of it."""
    file = tmp_path / "cluster.yaml"
    file.write_text(
        "system: reference\nlimits: {rate: 50}\nendpoints:\n"
        "  prometheus: {url: 'http://127.0.0.1:9'}\n"
        f"  loki: {{url: '{written.loki.read}', tenant: team-a}}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "suites/test_configuration.py", "-q", "-p",
         "no:cacheprovider", f"--stack={file}", f"--report-dir={tmp_path / 'reports'}",
         "-k", "schema or (retention and logs)"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = (tmp_path / "reports" / "latest" / "run.json").read_text(encoding="utf-8")
    report: Any = json.loads(said)
    assert {
        f"{one['id']} {one['subject']}".strip(): one["verdict"] for one in report["checks"]
    } == {
        "configuration.retention logs": "met",
        "configuration.schema": "met",
    }
