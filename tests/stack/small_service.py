"""A service that does nothing, with or without metrics and lines, for tests of arms.

Environment: PORT, METRICS and LINES (on), DELAY_MS added to each request, CRASH_AFTER so many.
"""

from __future__ import annotations

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DELAY_S = float(os.environ.get("DELAY_MS", "0")) / 1000
METRICS, LINES = (os.environ.get(name) == "on" for name in ("METRICS", "LINES"))
CRASH_AFTER = int(os.environ.get("CRASH_AFTER", "0"))
answered = 0


class Handler(BaseHTTPRequestHandler):
    """Answers everything with 200, and /metrics only where there are some."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer."""
        global answered  # noqa: PLW0603 - one process, one thread
        answered += 1
        if answered == CRASH_AFTER:
            sys.stderr.write("out of patience\n")
            os._exit(3)
        time.sleep(DELAY_S)
        known = METRICS or self.path != "/metrics"
        body = b"http_requests_total 1\n" if known else b""
        self.send_response(200 if known else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if LINES:
            sys.stdout.write(f"{self.path}\n")
            sys.stdout.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever(0.05)
