"""How the sample application starts, refuses to start, and stops."""

from __future__ import annotations

import importlib
import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from smokestack.wait import until
from tests.unit.app_processes import (
    FIXTURES,
    START_S,
    environment,
    free_port,
    pair,
    service,
)


def _start_wrongly(role: str, **settings: str) -> str:
    """Run a role that must refuse to start, and give what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "app", *role.split()],
        cwd=FIXTURES,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr


@pytest.mark.parametrize(
    ("role", "settings", "said"),
    [
        ("", {}, "usage: python -m app gateway|backend|auth|webhook|monolith"),
        ("nothing", {}, "usage: python -m app gateway|backend|auth|webhook|monolith"),
        ("gateway", {}, "APP_BACKEND_URL is not set"),
        ("gateway", {"APP_BACKEND_URL": "backend"}, "APP_BACKEND_URL='backend': expected a URL"),
        ("backend", {}, "APP_DATABASE is not set"),
        ("backend", {"APP_DATABASE": "/proc/no/orders.db"}, "APP_DATABASE='/proc/no/orders.db'"),
        ("webhook", {"APP_LISTEN": "8000"}, "APP_LISTEN='8000': expected host:port"),
        ("webhook", {"APP_FAULTS": "yes"}, "APP_FAULTS='yes': expected on or off"),
        ("webhook", {"APP_UNTRACED_ROUTES": "health"}, "'health' is not a route"),
        ("webhook", {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "speaks http/protobuf"),
        ("webhook", {"OTEL_EXPORTER_OTLP_ENDPOINT": "x:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT='x"),
    ],
)
def test_a_bad_setting_is_one_line_and_exit_code_2(
    role: str, settings: dict[str, str], said: str
) -> None:
    """Each mistake is named in one line on stderr."""
    assert said in _start_wrongly(role, **settings)


def test_a_log_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    """A file where the log folder should be stops the start."""
    (tmp_path / "logs").write_text("a file")
    settings = {"APP_BACKEND_URL": "http://127.0.0.1:1", "APP_LOG_DIR": str(tmp_path / "logs")}
    assert "APP_LOG_DIR=" in _start_wrongly("gateway", **settings)


@pytest.mark.parametrize("role", ["gateway", "webhook"])
def test_a_port_already_taken_is_said(role: str) -> None:
    """Who finds its port taken names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        said = _start_wrongly(role, APP_LISTEN=where, APP_BACKEND_URL="http://127.0.0.1:1")
    assert f"APP_LISTEN={where}: Address already in use" in said


def test_a_stop_flushes_every_span_and_line(tmp_path: Path) -> None:
    """After SIGTERM all spans of 200 requests have arrived, though no batch was due yet."""
    with pair(tmp_path, OTEL_BSP_SCHEDULE_DELAY="60000") as app:
        with ThreadPoolExecutor(10) as threads:
            list(threads.map(lambda _: app.client.get("/api/v1/orders/1"), range(200)))
        assert app.gateway.stop() == 0
        assert app.backend.stop() == 0
        assert len(app.sink.spans) == 200 * 5
        assert len({span.trace_id for span in app.sink.spans}) == 200
        for one in (app.gateway, app.backend):
            assert len(one.requests()) == 200
            assert [line["event"] for line in one.lines()][::201] == ["started", "stopped"]


def test_a_stop_waits_for_the_request_in_flight(tmp_path: Path) -> None:
    """A request that is being served when SIGTERM comes is answered, counted and traced."""
    with pair(tmp_path) as app, ThreadPoolExecutor(1) as threads:
        app.client.put("/-/faults", json={"latency_ms": 500})
        answer = threads.submit(app.client.get, "/api/v1/orders/1")
        busy = "http_requests_in_progress 1.0"
        assert until(lambda: busy in app.client.get("/metrics").text, within_s=10).met
        assert app.gateway.stop() == 0
        assert answer.result().status_code == 200
        assert app.gateway.requests()[-1]["status"] == 200
        assert any(span.kind == "SERVER" for span in app.sink.spans)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_does_not_wait_for_an_unreachable_collector(
    tmp_path: Path, how: signal.Signals
) -> None:
    """Without a collector the stop is still clean and quick, and says that spans were lost."""
    settings = {
        "APP_BACKEND_URL": "http://127.0.0.1:1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
    }
    with service("gateway", tmp_path, **settings) as gateway:
        assert until(gateway.ready, within_s=START_S).met
        httpx.get(f"{gateway.url}/api/v1/ping", trust_env=False)
        began = time.monotonic()
        gateway.process.send_signal(how)
        assert gateway.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 5  # about 1 s where nobody burns the cores
        # The SDK tells of its own at any moment, from a thread of its own.
        said = [line["event"] for line in gateway.lines() if line["event"] != "library"]
        assert said[-2:] == ["spans_lost", "stopped"]


def test_log_files_rotate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full file is put aside, ten files at most, and no line is cut or lost before that."""
    monkeypatch.syspath_prepend(str(FIXTURES))
    logs = importlib.import_module("app.logs")
    monkeypatch.setattr(logs, "FILE_BYTES", 1000)
    writer = logs.EventWriter("gateway", "local", tmp_path, {})
    for number in range(100):
        writer.write(level="info", event="test", message=f"line {number}")
    writer.close()
    files = sorted(tmp_path.glob("combined.log*"))
    assert len(files) == 10
    seen = [json.loads(line)["seq"] for file in files for line in file.read_text().splitlines()]
    assert sorted(seen) == list(range(100 - len(seen) + 1, 101))
    assert all(file.stat().st_size <= 1000 for file in files)
    assert len(capsys.readouterr().out.splitlines()) == 100
