"""Ways of losing, doubling and spoiling log lines."""

from __future__ import annotations

from tests.mutations.mutation import APP, COLLECTOR, Mutation, checks
from tests.mutations.project import Edit

LOGS = f"{APP}logs.py"
ACCOUNTING = f"{APP}accounting.py"
INCLUDE = "include: [/var/log/app/*/combined.log]"

NO_LINES_MISSED = checks(
    "logs.identity",  # every event is lost by name too
    "logs.error-event",  # with them those of the error endpoint
    "correlation.trace-to-logs",  # a trace leads to no line
    "correlation.id-joins",  # the id is in no line
    "latency.logs",  # and none becomes visible
)
NO_LINES_UNMEASURED = checks(
    # No line, nothing to look at.
    "logs.fields", "logs.timestamps", "logs.order", "correlation.logs-to-trace",
)  # fmt: skip

MUTATIONS = (
    Mutation(
        name="logs-not-shipped",
        check="logs.count",
        changes=(Edit(COLLECTOR, INCLUDE, "include: [/var/log/elsewhere/*.log]"),),
        says=("gateway: GET /api/v1/health 200: expected ", "seen 0", "log file → collector"),
        missed=NO_LINES_MISSED,
        unmeasured=NO_LINES_UNMEASURED,
    ),
    # The queue before Loki holds lines back, and no deadline is derived from it.
    Mutation(
        name="logs-late",
        check="latency.logs",
        changes=(
            Edit(
                COLLECTOR,
                "    endpoint: http://loki:3100/otlp\n",
                "    endpoint: http://loki:3100/otlp\n"
                "    sending_queue: {batch: {flush_timeout: 60m, min_size: 100000}}\n",
            ),
        ),
        says=("logs not complete after", "0 of "),
        missed=NO_LINES_MISSED - {"latency.logs"} | {"logs.count"},
        unmeasured=NO_LINES_UNMEASURED,
    ),
    Mutation(
        name="logs-of-one-service-not-shipped",
        check="correlation.trace-to-logs",
        changes=(Edit(COLLECTOR, INCLUDE, "include: [/var/log/app/gateway/combined.log]"),),
        says=("GET /api/v1/orders: no line of backend has trace id",),
        missed=checks(
            "logs.count",  # those of the backend are missing
            "logs.identity",
            "correlation.id-joins",
            "latency.logs",
        ),
    ),
    Mutation(
        name="lines-written-twice",
        check="logs.identity",
        changes=(
            Edit(
                ACCOUNTING,
                "        self._log(labels, seconds)\n",
                "        self._log(labels, seconds)\n        self._log(labels, seconds)\n",
            ),
        ),
        says=("written 2 times, expected 1",),
        missed=checks("logs.count"),  # twice as many
    ),
    Mutation(
        name="lines-shipped-twice",
        check="logs.identity",
        changes=(
            Edit(COLLECTOR, f"  file_log:\n    {INCLUDE}", f"  file_log: &tail\n    {INCLUDE}"),
            Edit(COLLECTOR, "\nprocessors:\n", "\n  file_log/again: *tail\n\nprocessors:\n"),
            Edit(COLLECTOR, "receivers: [file_log]", "receivers: [file_log, file_log/again]"),
        ),
        says=("shipped 2 times, expected 1",),
        missed=checks(
            "logs.count",  # twice as many
            "logs.error-event",  # each ERROR too
        ),
    ),
    Mutation(
        name="level-is-no-label",
        check="logs.fields",
        changes=(Edit(COLLECTOR, "[attributes.level, attributes.event]", "[attributes.event]"),),
        says=("label 'level' is missing",),
        missed=checks("logs.error-event"),  # no line is found by level="error"
    ),
    Mutation(
        name="lines-under-a-wrong-service",
        check="logs.count",
        changes=(
            Edit(
                COLLECTOR,
                "type: move\n        from: attributes.service\n        to: resource",
                "type: add\n        value: gateway\n        field: resource",
            ),
        ),
        says=("backend: GET /api/v1/dbStats 200: expected ", "seen 0"),
        missed=checks(
            "logs.identity",  # lost under one name, doubled under the other
            "logs.fields",  # the line's own field says another service
            "logs.order",  # two services' numbers under one name
            "correlation.trace-to-logs",  # no line of the backend
            "correlation.id-joins",
        ),
    ),
    Mutation(
        name="field-dropped",
        check="logs.fields",
        changes=(Edit(ACCOUNTING, "            duration_ms=round(seconds * 1000, 3),\n", ""),),
        says=("gateway: field 'duration_ms' is missing in ",),
    ),
    Mutation(
        name="error-logged-as-warning",
        check="logs.error-event",
        changes=(
            Edit(ACCOUNTING, 'log().error(\n            "exc', 'log().warning(\n            "exc'),
        ),
        says=("0 ERROR events, expected 1",),
    ),
    Mutation(
        name="timestamps-shifted",
        check="logs.timestamps",
        changes=(
            Edit(LOGS, "max(datetime.now(UTC),", "max(datetime.now(UTC) + timedelta(seconds=10),"),
        ),
        says=("gateway: ", "is stamped 10.0", "s after its request"),
    ),
    Mutation(
        name="numbers-shuffled",
        check="logs.order",
        changes=(Edit(LOGS, '"seq": self._seq,', '"seq": self._seq ^ 1,'),),
        says=("gateway: event ", "is stamped after event "),
    ),
    Mutation(
        name="lines-of-another-trace",
        check="correlation.logs-to-trace",
        changes=(
            Edit(
                LOGS,
                "    event.update(span_identity(trace.get_current_span().get_span_context()))\n",
                "    found = span_identity(trace.get_current_span().get_span_context())\n"
                "    event.update({name: value[::-1] for name, value in found.items()})\n",
            ),
        ),
        says=("has trace id ", "no such trace"),
        missed=checks(
            "correlation.trace-to-logs",  # the way back is lost as well
            "correlation.id-joins",  # the line has the id, but another trace's
        ),
    ),
)
