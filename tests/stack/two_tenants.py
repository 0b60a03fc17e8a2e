"""A running stack that plays staging: its Loki knows tenants, and others use its application."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.mutations.project import Edit, copy
from tests.stack.real_stack import plan, started

TENANT = "team-a"
TENANTS = (
    Edit("compose/loki/loki.yml", "auth_enabled: false", "auth_enabled: true"),
    Edit(
        "compose/otel-collector/config.yml",
        "    endpoint: http://loki:3100/otlp\n",
        f"    endpoint: http://loki:3100/otlp\n    headers: {{X-Scope-OrgID: {TENANT}}}\n",
    ),
)

OTHERS = """
import http.client, itertools, sys, time
host, *paths = sys.argv[1:]
to = http.client.HTTPConnection(host, timeout=10)
for path in itertools.cycle(paths):
    to.request("GET", path)
    to.getresponse().read()
    print("one", flush=True)
    time.sleep(0.03)
"""
"""Requests of somebody else's: no marks of ours, until they are ended."""


@contextmanager
def staging(folder: Path) -> Iterator[Mapping[str, str]]:
    """Where its servers answer: role -> address."""
    project = copy(folder / "project")
    for edit in TENANTS:
        edit.apply(project)
    with started(plan(folder / "keep", root=project)) as stack:
        yield {name: one.url for name, one in stack.endpoints().by_role.items()}


@contextmanager
def others(url: str, *paths: str) -> Iterator[None]:
    """Another process asks these paths meanwhile, over and over."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHERS, urlsplit(url).netloc, *paths], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"one\n"
        thread = threading.Thread(target=process.stdout.read, daemon=True)
        thread.start()
        yield
    finally:
        process.kill()
        process.wait()


@dataclass
class Forgetful:
    """A cache before the application: each `every`-th answer to a path is its own, so that nobody
    behind it counts, logs or traces the request. `asked` has method, path and headers of all.
    """

    behind: str
    path: str
    every: int
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    kept: int = 0
    url: str = ""

    def keeps(self, path: str) -> bool:
        """Whether it answers this one itself."""
        if path != self.path:
            return False
        return sum(one[1] == path for one in self.asked) % self.every == 0


@contextmanager
def forgetful(cache: Forgetful) -> Iterator[Forgetful]:
    """It runs, and tells its address."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(size) if size else None
            with lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                cache.asked.append((self.command, self.path, headers))
                kept = cache.keeps(self.path)
                cache.kept += kept
            if kept:
                self._answer(200, b"{}", self.headers["X-Correlation-ID"])
                return
            to = http.client.HTTPConnection(urlsplit(cache.behind).netloc, timeout=10)
            to.request(self.command, self.path, sent, dict(self.headers))
            reply = to.getresponse()
            self._answer(reply.status, reply.read(), reply.headers["X-Correlation-ID"])
            to.close()

        do_POST = do_GET  # noqa: N815 - the name that http.server asks for

        def _answer(self, status: int, body: bytes, correlation: str) -> None:
            self.send_response(status)
            self.send_header("X-Correlation-ID", correlation)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    cache.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield cache
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
