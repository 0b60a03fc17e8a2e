"""Ways in which a stack that somebody else runs is broken, so that it shows in what others sent.

What is judged on our own traffic as well has its other twins beside those of its subject.
"""

from __future__ import annotations

from tests.mutations.logs import LOGS
from tests.mutations.mutation import APP, SERVER_RULES, Mutation, checks
from tests.mutations.project import Edit

SUITES = ("logs", "traces", "correlation", "slo", "alerts")
RECENT = "test_logs or test_traces or test_correlation or objective or quiet"
"""What needs no durations as they ship: the stack runs at pace fast, and is not known to."""


def staging(
    name: str,
    check: str,
    edit: Edit,
    says: tuple[str, ...],
    missed: frozenset[str] = frozenset(),
) -> Mutation:
    """A mutation of a stack that is then asked as somebody else's."""
    return Mutation(name, check, (edit,), says, missed, suites=SUITES, only=RECENT)


MUTATIONS = (
    staging(
        "an-alert-fires",
        "alerts.quiet",
        Edit(SERVER_RULES, "[10m]) > 3", "[10m]) > -1"),
        ("ServerRestarting fires (", "service=node", "true since ", "; told to default"),
    ),
    staging(
        "lines-without-a-trace-id",
        "logs.fields",
        Edit(
            LOGS,
            "    event.update(span_identity(trace.get_current_span().get_span_context()))\n",
            "",
        ),
        ("backend: field 'span_id' is missing in ", "gateway: field 'trace_id' is missing in "),
        missed=checks(
            "correlation.trace-to-logs",  # no line is found by a trace
            "correlation.logs-to-trace",  # a line leads nowhere
            "correlation.id-joins",
        ),
    ),
    staging(
        "orders-fail",
        "slo.objective",
        Edit(
            f"{APP}backend.py",
            "    def get_order(order_id: int) -> Row:\n",
            "    def get_order(order_id: int) -> Row:\n        assert order_id % 5, order_id\n",
        ),
        ("requests good for Prometheus over 1h, 99% promised", "allowed, burn rate "),
        missed=checks("alerts.quiet"),  # the budget is spent twice as fast as allowed
    ),
)
