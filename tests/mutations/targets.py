"""Ways of breaking what is scraped, from where, and which servers run."""

from __future__ import annotations

from tests.mutations.mutation import APP, COMPOSE, PROMETHEUS, SYSTEM, TARGETS, Mutation, checks
from tests.mutations.project import Edit, NewFile

SHIFTED = '''"""Stands in front of a server and shifts the clock in its answers by ten seconds."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) or None
        asked = urllib.request.Request(
            os.environ["APP_BACKEND_URL"] + self.path,
            body,
            {"content-type": self.headers.get("content-type") or "application/json"},
            method=self.command,
        )
        try:
            answer = urllib.request.urlopen(asked, timeout=5)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError:
            return self.send_error(502)
        content = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("content-type", "text/plain"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + 10)

    def log_message(self, format, *args):
        pass


def run(settings):
    ThreadingHTTPServer((settings.host, settings.port), _Handler).serve_forever()
'''

IN_FRONT = """  alertmanager:
    <<: *server
    image: smokestack/app:0.1.0
    profiles: [reference]
    command: [shifted]
    environment:
      APP_LISTEN: 0.0.0.0:9093
      APP_BACKEND_URL: http://alertmanager-behind:9094
    x-smokestack:
      binary: app
      listen: {http: 9093}
      ready: {port: 9093, path: /-/ready}

  alertmanager-behind:
"""

MUTATIONS = (
    Mutation(
        name="scrape-job-removed",
        check="targets.jobs",
        changes=(
            Edit(
                PROMETHEUS,
                "  - job_name: gateway\n    scrape_interval: 30s\n    static_configs:\n"
                "      - targets: [gateway:8000]\n"
                "        labels: {service: gateway, environment: local}\n",
                "",
            ),
        ),
        says=("'gateway'", "gateway:8000", "is not there"),
        missed=checks(
            "targets.up",  # what is not scraped does not answer
            "metrics.counter-delta",  # of the gateway there is no counter
            "metrics.exemplars",  # nor a histogram
            "latency.metrics",  # so its metrics never become visible
        ),
        unmeasured=checks(
            "metrics.histogram-count",  # no counter to compare with
            "metrics.cardinality",  # no series to count
        ),
    ),
    Mutation(
        name="scrape-target-broken",
        check="targets.up",
        changes=(
            Edit(
                PROMETHEUS,
                "  - job_name: node\n",
                "  - job_name: node\n    metrics_path: /nowhere\n",
            ),
        ),
        says=("node (node-exporter:9100) is down", "404"),
        missed=checks("metrics.families"),  # node_* come from there
    ),
    Mutation(
        name="application-not-scrapable",
        check="latency.metrics",
        changes=(
            Edit(
                PROMETHEUS,
                "  - job_name: backend\n",
                "  - job_name: backend\n    metrics_path: /-/ready\n",
            ),
        ),
        says=("metrics not complete", "1 of 2 targets"),
        missed=checks(
            "targets.up",
            "metrics.counter-delta",  # of the backend there is no counter
            "metrics.exemplars",  # nor a histogram
            "metrics.families",  # orders_created_total is the backend's alone
        ),
        unmeasured=checks("metrics.histogram-count", "metrics.cardinality"),
    ),
    # Versions cannot be changed without other servers; here the expectation is the wrong one.
    Mutation(
        name="another-version",
        check="targets.versions",
        changes=(Edit(SYSTEM, 'prometheus: "3."', 'prometheus: "2."'),),
        says=("prometheus is 3.", "expected 2.*"),
        suites=TARGETS,
    ),
    # Nobody shifts a server's clock alone: what stands before Alertmanager shifts its Date.
    Mutation(
        name="clock-shifted",
        check="targets.clock-skew",
        changes=(
            NewFile(f"{APP}shifted.py", SHIFTED),
            Edit(
                f"{APP}settings.py",
                'ROLES = ("gateway", "backend", "auth", "webhook", "monolith")',
                'ROLES = ("gateway", "backend", "auth", "webhook", "monolith", "shifted")',
            ),
            Edit(
                f"{APP}settings.py",
                'if role == "gateway" else',
                'if role in ("gateway", "shifted") else',
            ),
            Edit(COMPOSE, "  alertmanager:\n    <<: *server\n", IN_FRONT + "    <<: *server\n"),
            Edit(COMPOSE, "0.0.0.0:9093\n      # One", "0.0.0.0:9094\n      # One"),
            Edit(COMPOSE, '    ports: ["127.0.0.1:${ALERTMANAGER_PORT:-9093}:9093"]\n', ""),
            Edit(
                COMPOSE,
                "listen: {http: 9093}\n      ready: {port: 9093, path: /-/ready}\n"
                "      config:\n        /etc/alertmanager",
                "listen: {http: 9094}\n      ready: {port: 9094, path: /-/ready}\n"
                "      config:\n        /etc/alertmanager",
            ),
        ),
        says=("the clock of alertmanager is +", "s off ours"),
        suites=TARGETS,
    ),
)
