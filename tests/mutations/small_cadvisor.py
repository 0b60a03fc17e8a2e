"""Answers like cAdvisor, for each service of the Compose project that it is told of.

Run in a container of its own, with the standard library alone.
"""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROJECT = 'container_label_com_docker_compose_project="{}"'
SERVICE = 'container_label_com_docker_compose_service="{}"'


def series() -> str:
    """A sample of each family for each service."""
    project = PROJECT.format(os.environ["PROJECT"])
    return "".join(
        f"{family}{{{project},{SERVICE.format(service)}}} 1\n"
        for family in os.environ["FAMILIES"].split()
        for service in os.environ["SERVICES"].split()
    )


class Handler(BaseHTTPRequestHandler):
    """The same for every path."""

    def do_GET(self) -> None:
        """Answer in Prometheus' text format."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(series().encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()  # noqa: S104, in a container
