"""Ways of having the servers use more, or store more, than they may."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import APP, COMPOSE, Mutation
from tests.mutations.project import Edit

WEBHOOK = f"{APP}webhook.py"
SERVES = "    with server:\n        server.serve_forever"

_of = partial(Mutation, suites=("resources",))

MUTATIONS = (
    _of(
        name="resources-memory-never-given-back",
        check="resources.memory",
        changes=(
            Edit(WEBHOOK, SERVES, f'    held = bytearray(b"1") * 150_000_000  # noqa\n{SERVES}'),
        ),
        says=("webhook uses ", " MiB, 128 MiB allowed"),
    ),
    _of(
        name="resources-children-that-never-rest",
        check="resources.cpu",
        # Several, since one is hardly let run on a busy machine; they end with it.
        changes=(
            Edit(
                WEBHOOK,
                SERVES,
                "    import subprocess, sys\n"
                "    spins = [sys.executable, '-c', 'while True: pass']\n"
                f"    held = [subprocess.Popen(spins) for _ in range(3)]\n{SERVES}",
            ),
        ),
        says=("webhook uses ", " cores, 0.20 cores allowed"),
    ),
    _of(
        name="resources-files-never-closed",
        check="resources.open-files",
        changes=(
            Edit(
                f"{APP}gateway.py",
                "_TIMEOUT_S = (1.0, 30.0)\n",
                '_HELD = [open("/dev/null") for _ in range(400)]\n_TIMEOUT_S = (1.0, 30.0)\n',
            ),
        ),
        says=("gateway uses 4", " open files, 300 open files allowed"),
    ),
    # What is scraped 150 times as often as it says is as much work while nobody asks.
    _of(
        name="resources-scraped-without-rest",
        check="resources.idle-cpu",
        changes=(
            Edit(
                "systems/clientforge/stack/prometheus.yml",
                "  - job_name: prometheus\n",
                "  - job_name: prometheus\n    scrape_interval: 50ms\n    scrape_timeout: 50ms\n",
            ),
        ),
        says=(" of a core (± ", " s idle, 5% allowed"),
        system="clientforge",
        pace="real",
        only="idle",
    ),
    _of(
        name="resources-lines-with-a-payload",
        check="resources.bytes-per-request",
        changes=(
            Edit(
                f"{APP}logs.py", 'identity = {"seq"', 'identity = {"payload": "x" * 12_000, "seq"'
            ),
        ),
        says=("a request adds ", " KiB of logs, 8.0 KiB allowed"),
    ),
    # Prometheus would delete what must be kept for 30 days long before.
    _of(
        name="resources-no-room-for-what-is-kept",
        check="resources.projected-disk",
        changes=(
            Edit(
                COMPOSE, "${PROMETHEUS_RETENTION_SIZE:-50GB}", "${PROMETHEUS_RETENTION_SIZE:-90MB}"
            ),
        ),
        says=("metrics kept will take ", ", 90.0 MiB allowed: "),
    ),
    _of(
        name="resources-paths-as-labels",
        check="resources.cardinality",
        changes=(
            Edit(
                f"{APP}accounting.py",
                'RequestLabels(self._scope["method"], route_of(self._scope), ',
                'RequestLabels(self._scope["method"], self._scope["path"], ',
            ),
        ),
        says=("label route has 60 new values after 60 requests with distinct values, such as ",),
    ),
)
