"""A running stack asked as somebody else's: through a gateway with TLS, certificates of both sides,
tokens, passwords and prefixes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smokestack.drive.rights import rights
from smokestack.stack_file import read
from smokestack.system import load_system
from tests.mutations import project
from tests.stack import proxies
from tests.stack.proxies import PASSWORD, TOKEN, USER, Proxies
from tests.stack.real_stack import ROOT, plan, started

RUN_S = 60.0
SUITES = ("suites/test_configuration.py", "suites/test_targets.py")
ONLY = "up or clock or versions or retention or schema or reload or snapshot"
PREFIXES = {"traces-metrics": "jaeger-admin", "otel-collector": "collector"}
"""What a server is called in a report -> its prefix, where that is another."""

STAGING = """\
system: reference
without: [cadvisor, container-logs]
limits: {{rate: 50}}
endpoints:
  prometheus:
    url: {tls}/prometheus
    bearer: {{env: STAGING_TOKEN}}
    tls: {{ca: {folder}/ca.pem}}
  loki:
    url: {tls}/loki
    basic: {{user: {user}, password: {{env: STAGING_PASSWORD}}}}
    tls: {{ca: {folder}/ca.pem}}
  alertmanager: {{url: {mutual}/alertmanager, tls: {both}}}
  jaeger: {{url: {mutual}/jaeger, bearer: {{env: STAGING_TOKEN}}, tls: {both}}}
  traces-metrics: {{url: {mutual}/jaeger-admin, tls: {both}}}
  otel-collector: {{url: {tls}/collector, tls: {{ca: {folder}/ca.pem}}}}
  gateway: {{url: {tls}/gateway, tls: {{ca: {folder}/ca.pem}}}}
"""


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxies]:
    """A real stack behind real proxies."""
    proxies.require()
    folder = tmp_path_factory.mktemp("staging")
    with started(plan(folder / "keep")) as stack:
        servers = {role: one.url for role, one in stack.endpoints().by_role.items()}
        with proxies.before(servers, folder) as both:
            yield both


def stack_file(staging: Proxies, folder: Path, *changes: tuple[str, str]) -> Path:
    """The file of the stack behind the proxies, with some of its text changed."""
    both = "{{ca: {0}/ca.pem, certificate: {0}/client.pem, key: {0}/client.key}}"
    text = STAGING.format(
        tls=staging.tls, mutual=staging.mutual, folder=staging.folder, user=USER,
        both=both.format(staging.folder),
    )  # fmt: skip
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "staging.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def environment(token: str = TOKEN) -> dict[str, str]:
    """Nothing of the outer pytest's, and the secrets."""
    secrets = {"STAGING_TOKEN": token, "STAGING_PASSWORD": PASSWORD}
    return {**project.clean_environment(), **secrets}


def asked_of(
    file: Path, folder: Path, *, checkout: Path = ROOT, only: str = ONLY, suites: Any = SUITES
) -> tuple[int, str, Any]:
    """The exit code, output and `run.json` of a run that only knows the file."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *suites, "-p", "no:cacheprovider", "--no-html",
         f"--stack={file}", f"--report-dir={folder / 'reports'}", "-k", only],
        cwd=checkout, capture_output=True, text=True, check=False, timeout=RUN_S,
        env=environment(),
    )  # fmt: skip
    report = json.loads((folder / "reports" / "latest" / "run.json").read_text(encoding="utf-8"))
    return done.returncode, done.stdout + done.stderr, report


def verdicts(report: Any) -> dict[str, str]:
    """Verdicts by check and subject."""
    return {f"{c['id']} {c['subject']}".strip(): c["verdict"] for c in report["checks"]}


def listed(report: Any) -> Counter[tuple[str, str, int]]:
    """Each call that the report lists, as the proxy sees it."""
    calls: Counter[tuple[str, str, int]] = Counter()
    for call in report["calls"]:
        prefix = PREFIXES.get(call["server"], call["server"])
        calls[call["method"], f"/{prefix}{call['path']}", call["status"]] += call["count"]
    return calls


def test_it_is_read_and_nothing_else(staging: Proxies, tmp_path: Path) -> None:
    """Met where it can be read; what would write is skipped. The proxy saw only questions, and the
    report lists each of them.
    """
    seen = len(staging.asked())
    code, output, report = asked_of(stack_file(staging, tmp_path), tmp_path)
    assert code == 0, output
    assert verdicts(report) == {
        "targets.up": "met",
        "targets.versions": "met",
        "targets.clock-skew": "met",
        "configuration.retention metrics": "met",
        "configuration.retention logs": "met",
        "configuration.retention traces": "skipped",
        "configuration.schema": "met",
        "configuration.reload": "skipped",
        "configuration.snapshot": "skipped",
        "configuration.log-backup": "skipped",
    }
    assert report["stack"]["backend"] == "remote"
    calls = listed(report)
    assert staging.calls_since(seen, calls.total()) == calls
    assert {method for method, _, _ in calls} == {"GET"}
    assert {path.split("/")[1] for _, path, _ in calls} >= {"prometheus", "loki", "jaeger"}
    assert not {TOKEN, PASSWORD} & set(json.dumps(report).split() + output.split())


def test_no_suite_sends_anything_else(staging: Proxies, tmp_path: Path) -> None:
    """All suites, whatever comes of them: the durations of this stack are divided, and nobody sends
    requests to it. None tries what may not be asked, and the proxy saw what the report lists.
    """
    seen = len(staging.asked())
    _, output, report = asked_of(
        stack_file(staging, tmp_path), tmp_path, suites=("suites/",), only=""
    )
    assert "is not on the list of what may be asked" not in output
    calls = listed(report)
    assert staging.calls_since(seen, calls.total()) == calls
    assert {method for method, _, _ in calls} == {"GET"}


def test_who_may_not_read_is_told_so(staging: Proxies, tmp_path: Path) -> None:
    """A wrong token: nothing is missed, and the message says what to do. It stood in the file,
    which is warned about; that does not show it.
    """
    file = stack_file(
        staging, tmp_path, ("bearer: {env: STAGING_TOKEN}\n", "bearer: wr0ng-t0ken\n")
    )
    code, output, report = asked_of(file, tmp_path)
    assert code == 6, output
    found = verdicts(report)
    assert "missed" not in found.values()
    assert found["targets.up"] == found["configuration.retention metrics"] == "unmeasured"
    assert found["configuration.retention logs"] == "met"
    assert "with status 401" in output
    assert "is the token or password right" in output
    assert "prometheus.bearer stands there in plain text" in output
    assert "wr0ng" not in output


def test_an_unknown_authority_is_named(staging: Proxies, tmp_path: Path) -> None:
    """Without `tls.ca` the certificate is of nobody; its key is the hint."""
    file = stack_file(staging, tmp_path, (f"    tls: {{ca: {staging.folder}/ca.pem}}\n", ""))
    code, output, report = asked_of(file, tmp_path)
    assert code == 6, output
    assert set(verdicts(report).values()) == {"unmeasured", "skipped"}
    assert "tls: {ca: …}" in output


def test_one_server_that_is_down_spoils_no_other(staging: Proxies, tmp_path: Path) -> None:
    """Loki's gateway cannot reach it: what is asked of Loki is unmeasured, the rest is met."""
    file = stack_file(staging, tmp_path, (f"{staging.tls}/loki", f"{staging.tls}/down"))
    code, output, report = asked_of(file, tmp_path)
    assert code == 6, output
    found = verdicts(report)
    assert {check for check, verdict in found.items() if verdict == "unmeasured"} == {
        "targets.versions",
        "targets.clock-skew",
        "configuration.retention logs",
        "configuration.schema",
    }
    assert (found["targets.up"], found["configuration.retention metrics"]) == ("met", "met")
    assert "missed" not in found.values()
    assert "the server itself cannot be reached from there" in output


def test_a_clock_that_is_off_is_not_blamed_on_a_server(staging: Proxies, tmp_path: Path) -> None:
    """Ten minutes, by a proxy's Date: whose clock it is cannot be told; the rest is judged."""
    file = stack_file(staging, tmp_path, (f"{staging.tls}/loki", f"{staging.shifted}/loki"))
    code, output, report = asked_of(file, tmp_path, only="clock or schema")
    assert code == 6, output
    assert verdicts(report) == {"targets.clock-skew": "unmeasured", "configuration.schema": "met"}
    assert "s off ours for loki" in output
    assert "which clock is off" in output


def test_a_server_without_an_api_is_not_missed(staging: Proxies, tmp_path: Path) -> None:
    """An old Prometheus that does not tell of its own status: what needs it is unmeasured."""
    file = stack_file(staging, tmp_path, (f"{staging.tls}/prometheus", f"{staging.tls}/old"))
    code, output, report = asked_of(file, tmp_path, only="test_up or versions or metrics")
    assert code == 6, output
    assert verdicts(report) == {
        "targets.up": "met",
        "targets.versions": "unmeasured",
        "configuration.retention metrics": "unmeasured",
    }
    assert "its version does not have this API yet" in output


def test_a_check_that_would_write_fails_the_run(staging: Proxies, tmp_path: Path) -> None:
    """Two checks, altered to write by our own clients: refused before a byte is sent."""
    altered = project.copy(tmp_path / "project")
    suite = altered / "suites" / "test_targets.py"
    text = suite.read_text(encoding="utf-8")
    for docstring, more in (
        ("and no other.", "prometheus.edge.post_form('/-/reload', {})"),
        ("harness agree.", "clients.alertmanager.post([{'alertname': 'ours'}], '', 0.0, 1.0)"),
    ):
        assert text.count(f'{docstring}"""\n') == 1
        text = text.replace(f'{docstring}"""\n', f'{docstring}"""\n    {more}\n')
    suite.write_text(text, encoding="utf-8")
    seen = len(staging.asked())
    file = stack_file(staging, tmp_path)
    code, output, report = asked_of(
        file, tmp_path, checkout=altered, only="jobs or clock or test_up"
    )
    assert code == 6, output
    found = verdicts(report)
    assert found["targets.jobs"] == found["targets.clock-skew"] == "unmeasured"
    assert found["targets.up"] == "met"
    assert output.count("is not on the list of what may be asked") >= 2
    calls = listed(report)
    assert staging.calls_since(seen, calls.total()) == calls
    assert {method for method, _, _ in calls} == {"GET"}


def test_doctor_says_what_may_be_asked(staging: Proxies, tmp_path: Path) -> None:
    """Each server, with its version; with a wrong token, what to do."""
    file = stack_file(staging, tmp_path)
    good, said = doctor(file, TOKEN)
    assert good == 0, said
    for server in ("prometheus", "loki", "alertmanager"):
        assert f"{server}, version: " in said
    assert "jaeger, services: " in said
    assert "otel-collector, metrics: " in said
    bad, said = doctor(file, "wr0ng-t0ken")
    assert bad == 1
    assert said.count("is the token or password right") == 6, said


def test_doctor_asks_tempo_too(staging: Proxies, tmp_path: Path) -> None:
    """Its version, and a search; the proxy plays it, with what its documentation shows."""
    file = stack_file(
        staging,
        tmp_path,
        ("  jaeger:", "  tempo:"),
        (f"{staging.mutual}/jaeger,", f"{staging.tls}/tempo,"),
    )
    system = load_system(ROOT, "reference")
    remote = read(file, system.application.services, environment())
    found = {(one.server, one.what): one for one in rights(remote, system)}
    assert found["tempo", "version"].seen.startswith("2.9.0 (")
    assert found["tempo", "searches"].seen.startswith("1 traces (")
    assert all(one.good for one in found.values())


def doctor(file: Path, token: str) -> tuple[int, str]:
    """The exit code of `smokestack doctor --stack`, and what it said."""
    done = subprocess.run(
        [Path(sys.executable).with_name("smokestack"), "doctor", "--stack", file],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env=environment(token),
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr
