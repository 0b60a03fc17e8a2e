"""Files that say where a stack answers which somebody else runs."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from smokestack.endpoints import Limits
from smokestack.errors import ConfigError
from smokestack.stack_file import Remote, read

WHOLE = """\
system: reference
without: [cadvisor]
endpoints:
  prometheus:
    url: https://obs.example/prometheus/
    bearer: {env: PROM_TOKEN}
  loki:
    url: https://obs.example/loki
    basic: {user: reader, password: {file: password.txt}}
    tenant: team-a
    headers: {X-Team: a, X-Key: {env: KEY}}
  tempo: {url: "http://tempo:3200", tls: {ca: ca.pem}}
  gateway: {url: "http://gateway:8000"}
traffic: {allow: false}
limits: {rate: 4, range: 1h, rows: 100, body: 1MiB}
look_back: 30m
"""
ENVIRONMENT = {"PROM_TOKEN": "t0ken", "KEY": "k3y"}


def file_with(tmp_path: Path, text: str) -> Path:
    """A stack file, with what it names beside it."""
    (tmp_path / "password.txt").write_text("s3cret\n")
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    file = tmp_path / "staging.yaml"
    file.write_text(text)
    return file


def taken(tmp_path: Path, text: str) -> Remote:
    """The file as it is read."""
    return read(file_with(tmp_path, text), ("gateway", "backend"), ENVIRONMENT, "gateway")


def test_a_whole_file(tmp_path: Path) -> None:
    """Addresses, what is sent along, and what is spared the servers."""
    remote = taken(tmp_path, WHOLE)
    prometheus, loki = remote.endpoints["prometheus"], remote.endpoints["loki"]
    assert prometheus.url == "https://obs.example/prometheus"
    assert prometheus.headers == {"Authorization": "Bearer t0ken"}
    assert prometheus.limits == Limits(4.0, 3600.0, 100, 1024**2)
    assert loki.headers == {
        "Authorization": "Basic " + base64.b64encode(b"reader:s3cret").decode(),
        "X-Scope-OrgID": "team-a",
        "X-Team": "a",
        "X-Key": "k3y",
    }
    traces = remote.endpoints["traces"]
    assert (traces.name, traces.tls.ca) == ("tempo", (tmp_path / "ca.pem").resolve())
    assert remote.endpoints["traces-metrics"] == traces
    assert (remote.said.traffic.allow, remote.said.look_back) == (False, 1800.0)
    assert remote.warnings == ()


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Neither by the file as read nor by an endpoint."""
    remote = taken(tmp_path, WHOLE)
    assert not {"t0ken", "s3cret", "k3y"} & set(repr(remote).replace("'", " ").split())


def test_a_secret_in_plain_text_is_warned_about(tmp_path: Path) -> None:
    """It is taken; the warning names the line, not the secret."""
    remote = taken(tmp_path, WHOLE.replace("{env: PROM_TOKEN}", "plain-t0ken"))
    assert remote.endpoints["prometheus"].headers["Authorization"] == "Bearer plain-t0ken"
    (warning,) = remote.warnings
    assert "staging.yaml:6: prometheus.bearer stands there in plain text" in warning
    assert "t0ken" not in warning


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("PROM_TOKEN", "NOT_SET"), 6, "the environment variable NOT_SET is not set"),
        (("password.txt", "gone.txt"), 9, "gone.txt cannot be read"),
        (("ca: ca.pem", "ca: gone.pem"), 12, "tempo.tls.ca: gone.pem is not there"),
        (("  loki:", "  lokki:"), 7, "there is no server 'lokki'"),
        (("  prometheus:", "  alertmanager:"), 3, "prometheus is missing"),
        (("  gateway: {", "  jaeger: {"), 13, "tempo and jaeger: one of them"),
        (("http://tempo:3200", "tempo:3200"), 12, "url"),
        (("http://tempo:3200", "http://u:p@tempo:3200"), 12, "url"),
        (("rate: 4,", "rate: 0,"), 15, "limits.rate"),
        (("range: 1h", "range: 1"), 15, "is not a duration"),
        (("{env: PROM_TOKEN}", "{env: A, file: b}"), 6, "either `env: NAME` or `file: PATH`"),
        (("tenant: team-a", "bearer: x"), 7, "both `bearer` and `basic`"),
        (("look_back", "lookback"), 16, "look_back"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, message: str
) -> None:
    """Before anything is asked."""
    assert change[0] in WHOLE
    with pytest.raises(ConfigError) as caught:
        taken(tmp_path, WHOLE.replace(*change))
    assert message in str(caught.value)
    assert f"staging.yaml:{line}:" in str(caught.value)


LEAVE = """\
traffic:
  allow: true
  requests: 100
  rate: 4
  tenant: ours
  headers: {X-Synthetic: "true", X-Key: {env: KEY}}
  ours: {routes: [/api/v1/ping], labels: {tenant: ours}}
"""
LEFT = WHOLE.replace("traffic: {allow: false}\n", "") + LEAVE


def test_without_leave_there_is_none(tmp_path: Path) -> None:
    """Whatever else is said of it."""
    said = LEFT.replace("allow: true", "allow: false")
    assert (taken(tmp_path, WHOLE).leave, taken(tmp_path, said).leave) == (None, None)


def test_leave_says_what_may_be_sent(tmp_path: Path) -> None:
    """How much, with what beside the marks, and what of the counters is ours alone."""
    with_token = LEFT.replace('gateway:8000"}', 'gateway:8000", bearer: {env: PROM_TOKEN}}')
    remote = taken(tmp_path, with_token)
    leave = remote.leave
    assert leave is not None
    assert (leave.requests, leave.rate, leave.errors, leave.lasts_s()) == (100, 4.0, False, 25.0)
    assert leave.headers == {
        "Authorization": "Bearer t0ken",
        "X-Synthetic": "true",
        "X-Key": "k3y",
        "x-tenant-id": "ours",
    }
    assert leave.shared.has("/api/v1/ping")
    assert not leave.shared.has("/api/v1/health")
    assert leave.shared.ours({"tenant": "ours", "route": "/x"})
    assert not {"t0ken", "k3y"} & set(repr(remote).replace("'", " ").split())


def test_errors_on_purpose_go_to_this_machine_alone(tmp_path: Path) -> None:
    """Not even where their owner would let us."""
    asked = LEFT.replace("rate: 4\n", "rate: 4\n  errors: true\n")
    local = asked.replace("http://gateway:8000", "http://127.0.0.1:8000")
    leave = taken(tmp_path, local).leave
    assert leave is not None
    assert leave.errors
    with pytest.raises(ConfigError, match=r"errors on purpose go to this machine alone"):
        taken(tmp_path, asked)


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("  gateway: {", "  backend: {"), 17, "endpoints has no gateway"),
        (("rows: 100", "rows: 99"), 18, "100 is more than limits.rows"),
        (("X-Synthetic", "Baggage"), 21, "Baggage is how our requests are known"),
        (
            ("X-Key: {env: KEY}}\n  ours", "X-Key: {env: NOT_SET}}\n  ours"),
            21,
            "NOT_SET is not set",
        ),
        (("requests: 100", "requests: 0"), 18, "requests"),
    ],
)
def test_leave_that_cannot_be_is_said_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, message: str
) -> None:
    """Before anything is asked or sent."""
    assert change[0] in LEFT
    with pytest.raises(ConfigError) as caught:
        taken(tmp_path, LEFT.replace(*change))
    assert message in str(caught.value)
    assert f"staging.yaml:{line}:" in str(caught.value)
