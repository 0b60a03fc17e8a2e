"""Ways of losing something under load, and of not bearing it."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import APP, Mutation, checks
from tests.mutations.project import Edit

ACCOUNTING = f"{APP}accounting.py"
LOKI = "compose/loki/loki.yml"

LACKING = checks("load.rate", "load.metrics", "load.logs", "load.traces", "load.pipeline")
"""Not asked of systems that promise nothing under load."""

# A machine that is busy with other tests may not reach the rate: that is then unmeasured.
_of = partial(Mutation, suites=("targets", "load"), either=checks("load.rate"))

MUTATIONS = (
    # One request in twenty, by the last digits of what it took.
    _of(
        name="requests-under-load-not-counted",
        check="load.metrics",
        changes=(
            Edit(
                f"{APP}metrics.py",
                "        self._requests.labels(*values).inc(1, exemplar)\n",
                "        if int(seconds * 1e6) % 20:\n"
                "            self._requests.labels(*values).inc(1, exemplar)\n",
            ),
        ),
        says=("counted, seen ", "(-"),
    ),
    _of(
        name="lines-under-load-not-written",
        check="load.logs",
        changes=(
            Edit(
                ACCOUNTING,
                "        if self._logs:\n            self._log(labels, seconds)\n",
                "        if self._logs and int(seconds * 1e6) % 20:\n"
                "            self._log(labels, seconds)\n",
            ),
        ),
        says=("lost, 0 of 1 events", "application's log file → collector: only so much came"),
    ),
    _of(
        name="spans-under-load-not-exported",
        check="load.traces",
        changes=(
            Edit(
                f"{APP}tracing.py",
                "super().export(spans)",
                "super().export([one for one in spans if (one.context.trace_id >> 32) % 20])",
            ),
        ),
        says=("is lost", "application → collector"),
    ),
    # Loki refuses what it has not the rate for; the collector tries again, and fails again.
    _of(
        name="loki-takes-too-little",
        check="load.pipeline",
        changes=(
            Edit(LOKI, "ingestion_rate_mb: 50", "ingestion_rate_mb: 0.004"),
            Edit(LOKI, "ingestion_burst_size_mb: 100", "ingestion_burst_size_mb: 0.004"),
        ),
        says=("loki discarded ", "lines: rate_limited"),
        missed=checks("load.logs"),  # and so they are not there in time
    ),
    Mutation(
        name="answers-too-slow-for-the-load",
        suites=("targets", "load"),
        check="load.rate",
        changes=(
            Edit(ACCOUNTING, "import time\n", "import asyncio\nimport time\n"),
            Edit(
                ACCOUNTING,
                "        account = _Account(scope",
                "        await asyncio.sleep(0.8)\n        account = _Account(scope",
            ),
        ),
        # The application; on a machine that is busy with other tests, that.
        says=("of 100.0 requests/s", " was the limit: "),
    ),
)
