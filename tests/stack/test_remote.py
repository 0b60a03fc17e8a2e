"""A running stack asked as somebody else's: through a gateway with TLS, a token and prefixes."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.stack.real_stack import ROOT, plan, started

RUN_S = 60.0
TOKEN = "a-t0ken-of-the-test"  # noqa: S105 - known to this test alone
SUITES = ("suites/test_configuration.py", "suites/test_targets.py")


@dataclass(frozen=True)
class Gateway:
    """Its address, the authority of its certificate, and what it was asked."""

    url: str
    ca: Path
    asked: list[tuple[str, str]]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    cert, key = folder / "ca.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=staging", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A real stack, behind a gateway that lets in who has the token."""
    folder = tmp_path_factory.mktemp("gateway")
    cert, key = certificate(folder)
    asked: list[tuple[str, str]] = []
    with started(plan(folder / "keep")) as stack:
        behind = {name: one.url for name, one in stack.endpoints().by_role.items()}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.command, self.path))
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    self._answer(401, b"who are you?", "text/plain")
                    return
                _, server, rest = self.path.split("/", 2)
                to = http.client.HTTPConnection(urlsplit(behind[server]).netloc, timeout=10)
                to.request(self.command, f"/{rest}")
                reply = to.getresponse()
                body = reply.read()
                to.close()
                self._answer(reply.status, body, reply.getheader("Content-Type", ""))

            def _answer(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Not to the terminal."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Gateway(f"https://127.0.0.1:{server.server_address[1]}", cert, asked)
        server.shutdown()
        server.server_close()
        thread.join()


def stack_file(gateway: Gateway, folder: Path, tls: str) -> Path:
    """The file of the stack behind the gateway."""
    names = ("prometheus", "loki", "alertmanager")
    lines = [
        f"  {name}: {{url: '{gateway.url}/{name}', bearer: {{env: STAGING_TOKEN}}{tls}}}"
        for name in names
    ]
    file = folder / "staging.yaml"
    file.write_text(
        "\n".join(
            [
                "system: reference",
                "without: [cadvisor, container-logs]",
                "limits: {rate: 50}",
                "endpoints:",
                *lines,
                "",
            ]
        )
    )
    return file


def asked_of(gateway: Gateway, folder: Path, token: str, tls: str) -> tuple[int, str, Any]:
    """The exit code, output and `run.json` of a run that only knows the gateway."""
    file = stack_file(gateway, folder, tls)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *SUITES, "-q", "-p", "no:cacheprovider",
         f"--stack={file}", f"--report-dir={folder / 'reports'}",
         "-k", "up or clock or retention or schema or reload or snapshot"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env={**os.environ, "STAGING_TOKEN": token},
    )  # fmt: skip
    report = json.loads((folder / "reports" / "latest" / "run.json").read_text(encoding="utf-8"))
    return done.returncode, done.stdout + done.stderr, report


def verdicts(report: Any) -> dict[str, str]:
    """Verdicts by check and subject."""
    return {f"{c['id']} {c['subject']}".strip(): c["verdict"] for c in report["checks"]}


def test_it_is_read_and_nothing_else(gateway: Gateway, tmp_path: Path) -> None:
    """Met where it can be read; what would write is skipped; only GETs came in."""
    gateway.asked.clear()
    code, output, report = asked_of(gateway, tmp_path, TOKEN, f", tls: {{ca: '{gateway.ca}'}}")
    assert code == 0, output
    assert verdicts(report) == {
        "targets.up": "met",
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
    assert {method for method, _ in gateway.asked} == {"GET"}
    assert sum(call["count"] for call in report["calls"]) == len(gateway.asked)
    assert TOKEN not in json.dumps(report) + output


def test_who_may_not_read_is_told_so(gateway: Gateway, tmp_path: Path) -> None:
    """A wrong token: nothing is missed, and the message says what to do."""
    code, output, report = asked_of(
        gateway, tmp_path, "wr0ng-t0ken", f", tls: {{ca: '{gateway.ca}'}}"
    )
    assert code == 6, output
    assert set(verdicts(report).values()) == {"unmeasured", "skipped"}
    assert "with status 401" in output
    assert "is the token or password right" in output
    assert "wr0ng" not in output


def test_an_unknown_authority_is_named(gateway: Gateway, tmp_path: Path) -> None:
    """Without `tls.ca` the certificate is of nobody; its key is the hint."""
    code, output, report = asked_of(gateway, tmp_path, TOKEN, "")
    assert code == 6, output
    assert set(verdicts(report).values()) == {"unmeasured", "skipped"}
    assert "tls: {ca: …}" in output


def test_doctor_says_what_may_be_asked(gateway: Gateway, tmp_path: Path) -> None:
    """Each server, with its version; with a wrong token, what to do."""
    good, said = doctor(gateway, tmp_path, TOKEN)
    assert good == 0, said
    assert "prometheus, version: 3." in said
    assert "loki, queries: " in said
    bad, said = doctor(gateway, tmp_path, "wr0ng-t0ken")
    assert bad == 1
    assert said.count("is the token or password right") == 9


def doctor(gateway: Gateway, folder: Path, token: str) -> tuple[int, str]:
    """The exit code of `smokestack doctor --stack`, and what it said."""
    file = stack_file(gateway, folder, f", tls: {{ca: '{gateway.ca}'}}")
    done = subprocess.run(
        [Path(sys.executable).with_name("smokestack"), "doctor", "--stack", file],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env={**os.environ, "STAGING_TOKEN": token},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr
