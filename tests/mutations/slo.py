"""Ways in which client and stack come to disagree, or in which the service is not good enough."""

from __future__ import annotations

from tests.mutations import mutation
from tests.mutations.mutation import APP, Mutation, checks
from tests.mutations.project import Edit

GATEWAY = f"{APP}gateway.py"
READ = (
    "    def get_order(request: Request, order_id: str) -> Response:\n"
    "        return backend.pass_on(request)\n"
)
LIST = "    def list_orders(request: Request) -> Response:\n"
SLOW_LIST = Edit(GATEWAY, LIST, f"{LIST}        time.sleep(1.3)\n")


def failing(which: str) -> Edit:
    """Some orders can no longer be read."""
    new = READ.replace("        return", f"        assert {which}, order_id\n        return")
    return Edit(GATEWAY, READ, new)


def slo(
    name: str,
    check: str,
    changes: tuple[Edit, ...],
    says: tuple[str, ...],
    missed: frozenset[str] = frozenset(),
) -> Mutation:
    """A mutation for which the suites of targets and SLOs are run."""
    return Mutation(name, check, changes, says, missed, suites=mutation.SLOS)


MUTATIONS = (
    # One order in 25 fails, which the objective allows; the counter has it as a good answer.
    slo(
        "failures-counted-as-answers",
        "slo.agreement",
        (
            failing('order_id != "7"'),
            Edit(
                f"{APP}metrics.py",
                "self.route, str(self.status)",
                'self.route, str(self.status if self.route == "/api/v1/test/error" '
                "else min(self.status, 200))",
            ),
        ),
        ("good: 242 by the ledger, 244 by Prometheus",),
    ),
    # Answers take more than a second; the histogram has a tenth of it.
    slo(
        "durations-observed-too-short",
        "slo.agreement",
        (SLOW_LIST, Edit(f"{APP}metrics.py", "observe(seconds * unit,", "observe(seconds / 10,")),
        ("good: ", "by the ledger, 244 by Prometheus"),
        missed=checks("slo.objective"),  # the client waits all the same
    ),
    slo(
        "one-order-in-five-fails",
        "slo.objective",
        (failing("int(order_id) % 5"),),
        ("requests good for the client, 99% promised", "bad of 2.4 allowed"),
    ),
    slo(
        "lists-are-slow",
        "slo.objective",
        (SLOW_LIST,),
        ("requests good for the client, 95% promised", "bad of 12.2 allowed"),
    ),
)
