"""The shop's API: standard library only, Prometheus text by hand, one JSON line a request."""

import itertools
import json
import os
import re
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUCKETS = (0.005, 0.05, 0.5)
ORDER = re.compile(r"/api/v1/orders/\d+")
counted: Counter = Counter()
seconds: Counter = Counter()
numbers = itertools.count(1)
lock = threading.Lock()
started = time.time()


def metrics() -> str:
    lines = ["# TYPE shop_requests_total counter"]
    lines += [f"shop_requests_total{{{labels}}} {n}" for labels, n in sorted(counted.items())]
    lines.append("# TYPE shop_request_duration_seconds histogram")
    for labels, n in sorted(counted.items()):
        name = "shop_request_duration_seconds"
        for bound in (*BUCKETS, "+Inf"):
            lines.append(f'{name}_bucket{{{labels},le="{bound}"}} {n}')
        lines += [f"{name}_sum{{{labels}}} {seconds[labels]}", f"{name}_count{{{labels}}} {n}"]
    lines += ["# TYPE process_start_time_seconds gauge", f"process_start_time_seconds {started}"]
    return "\n".join(lines) + "\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/metrics":
            return self.answer(200, metrics(), "text/plain; version=0.0.4")
        if self.path == "/healthz":
            return self.answer(200, "{}")
        return self.serve()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.serve()

    def serve(self) -> None:
        began = time.perf_counter()
        path = self.path.partition("?")[0]
        route = "/api/v1/orders/{order_id}" if ORDER.fullmatch(path) else path
        failed = path == "/api/v1/test/error"
        made = self.command == "POST" and path == "/api/v1/orders"
        status = 500 if failed else 201 if made else 200
        request = self.headers.get("X-Correlation-ID") or uuid.uuid4().hex
        with lock:
            labels = f'app="api",method="{self.command}",route="{route}",status="{status}"'
            counted[labels] += 1
            seconds[labels] += time.perf_counter() - began
            if failed:
                self.log_line("error", "failed", request, route, status, began)
            self.log_line("error" if failed else "info", "served", request, route, status, began)
        self.answer(status, "{}")

    def log_line(self, level, event, request, route, status, began) -> None:
        line = {
            "at": datetime.now(UTC).isoformat(timespec="microseconds"), "level": level,
            "event": event, "app": "api", "method": self.command, "route": route,
            "status": status, "ms": (time.perf_counter() - began) * 1000,
            "request": request, "id": uuid.uuid4().hex, "seq": next(numbers),
        }
        with open(os.environ["SHOP_LOG"], "a") as log:
            log.write(json.dumps(line) + "\n")

    def answer(self, status: int, text: str, kind: str = "application/json") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
