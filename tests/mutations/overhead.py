"""Ways of making telemetry dear."""

from __future__ import annotations

from tests.mutations.mutation import APP, Mutation, checks
from tests.mutations.project import Edit

OVERHEAD = ("overhead",)
ACCOUNTING = f"{APP}accounting.py"
LACKING = checks("overhead.metrics", "overhead.logs", "overhead.traces", "overhead.all")
"""What systems without budgets lack; each of the others has some."""
TRACES = checks("overhead.traces")
METRICS_AND_LOGS = checks("overhead.metrics", "overhead.logs")

LOGGED = "        if self._logs:\n            self._log(labels, seconds)\n"


def _dear(name: str, check: str, change: Edit, *says: str) -> Mutation:
    """Telemetry that costs too much. What the other signals cost is then measured beside it, and
    may be left open on a busy machine: a small cost among large ones.
    """
    return Mutation(
        name, check, (change,), says, either=LACKING - {check}, suites=OVERHEAD, alone=True
    )


MUTATIONS = (
    _dear(
        "metrics-cost-two-milliseconds",
        "overhead.metrics",
        Edit(
            ACCOUNTING,
            "            self._metrics.in_progress.dec()\n",
            "            self._metrics.in_progress.dec()\n            time.sleep(0.002)\n",
        ),
        "metrics cost the application's GET /api/v1/",
        "(budget 1 ms): over the budget",
    ),
    _dear(
        "lines-cost-two-milliseconds",
        "overhead.logs",
        Edit(ACCOUNTING, LOGGED, f"{LOGGED}            time.sleep(0.002)\n"),
        "logs cost the application's GET /api/v1/",
        "(budget 1 ms): over the budget",
    ),
    _dear(
        "spans-cost-eight-milliseconds",
        "overhead.traces",
        Edit(
            f"{APP}tracing.py",
            "        if (chosen := correlation_id.get()) is not None:\n",
            "        if span.kind is trace.SpanKind.SERVER:\n"
            "            time.sleep(0.008)\n"
            "        if (chosen := correlation_id.get()) is not None:\n",
        ),
        "traces cost the application's GET /api/v1/",
        "(budget 5 ms): over the budget",
    ),
    _dear(
        "all-together-cost-more-than-each",
        "overhead.all",
        Edit(
            ACCOUNTING,
            LOGGED,
            f"{LOGGED}"
            "        if self._metrics.on and self._logs and self._exemplar(labels.route):\n"
            "            until = time.process_time() + 0.012\n"
            "            while time.process_time() < until:\n"
            "                pass\n",
        ),
        "all signals together cost the application's GET /api/v1/",
        "budget 8 ms",
    ),
)
