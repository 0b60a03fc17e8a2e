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

MUTATIONS = (
    Mutation(
        name="metrics-cost-two-milliseconds",
        check="overhead.metrics",
        changes=(
            Edit(
                ACCOUNTING,
                "            self._metrics.in_progress.dec()\n",
                "            self._metrics.in_progress.dec()\n            time.sleep(0.002)\n",
            ),
        ),
        says=("metrics cost the application's GET /api/v1/ping 2.", "(budget 1 ms): over the bud"),
        suites=OVERHEAD,
    ),
    Mutation(
        name="lines-cost-two-milliseconds",
        check="overhead.logs",
        changes=(Edit(ACCOUNTING, LOGGED, f"{LOGGED}            time.sleep(0.002)\n"),),
        says=("logs cost the application's GET /api/v1/ping 2.", "(budget 1 ms): over the budget"),
        suites=OVERHEAD,
    ),
    Mutation(
        name="spans-cost-eight-milliseconds",
        check="overhead.traces",
        changes=(
            Edit(
                f"{APP}tracing.py",
                "        if (chosen := correlation_id.get()) is not None:\n",
                "        if span.kind is trace.SpanKind.SERVER:\n"
                "            time.sleep(0.008)\n"
                "        if (chosen := correlation_id.get()) is not None:\n",
            ),
        ),
        says=("traces cost the application's GET /api/v1/ping ", "(budget 5 ms): over the budget"),
        suites=OVERHEAD,
    ),
    Mutation(
        name="all-together-cost-more-than-each",
        check="overhead.all",
        changes=(
            Edit(
                ACCOUNTING,
                LOGGED,
                f"{LOGGED}"
                "        if self._metrics.on and self._logs and self._exemplar(labels.route):\n"
                "            until = time.process_time() + 0.012\n"
                "            while time.process_time() < until:\n"
                "                pass\n",
            ),
        ),
        says=("all signals together cost the application's GET /api/v1/ping ", "budget 8 ms"),
        suites=OVERHEAD,
    ),
)
