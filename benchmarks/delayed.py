"""Servers at a distance: each answer takes so much longer, as over a network."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from smokestack.wait import pause

PASSED_ON = ("Content-Type", "X-Loki-Response-Encoding-Flags", "Accept")
ANSWER_S = 10.0


@contextmanager
def delayed(servers: Mapping[str, str], seconds: float) -> Iterator[dict[str, str]]:
    """Where servers answer `seconds` later than they do: name -> address, of name -> address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on(b"")

        def do_POST(self) -> None:
            self._pass_on(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _pass_on(self, body: bytes) -> None:
            pause(seconds)
            _, name, rest = self.path.split("/", 2)
            to = http.client.HTTPConnection(urlsplit(servers[name]).netloc, timeout=ANSWER_S)
            said = {one: self.headers[one] for one in PASSED_ON if one in self.headers}
            to.request(self.command, f"/{rest}", body or None, said)
            reply = to.getresponse()
            content = reply.read()
            to.close()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.getheader("Content-Type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Not to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {name: f"http://127.0.0.1:{server.server_address[1]}/{name}" for name in servers}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
