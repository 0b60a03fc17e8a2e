"""Ways of holding signals back, and of answering too late."""

from __future__ import annotations

from tests.mutations.mutation import ALERTMANAGER, APP, COLLECTOR, PROMETHEUS, Mutation, checks
from tests.mutations.project import Edit

HELD_BACK = Edit(COLLECTOR, "  batch:\n    timeout: 1s\n", "  batch:\n    timeout: 10m\n")
"""Five seconds at pace fast: within every deadline that is derived from it."""

PING = '        return {"status": "ok", "message": "pong"}\n'

MUTATIONS = (
    Mutation(
        name="batches-held-back",
        check="latency.logs",
        changes=(HELD_BACK,),
        says=("logs: queryable took up to ", "for 95% of ", "allowed 2.01 s"),
        missed=checks("latency.traces"),  # they pass the same processor
        suites=("targets", "latency"),
    ),
    Mutation(
        name="errors-held-back",
        check="latency.errors",
        changes=(HELD_BACK,),
        says=("errors: queryable took up to ", "for 95% of ", "allowed 2.01 s"),
        suites=("targets", "latency_alerts"),
    ),
    Mutation(
        name="scraped-more-seldom-than-promised",
        check="latency.metrics",
        changes=(
            Edit(
                PROMETHEUS,
                "job_name: gateway\n    scrape_interval: 30s\n",
                "job_name: gateway\n    scrape_interval: 20m\n",
            ),
        ),
        says=("metrics: scrape took up to ", "for 95% of ", "allowed 2.25 s"),
        missed=checks("targets.jobs"),  # it is another interval than expected
        suites=("targets", "latency"),
    ),
    Mutation(
        name="group-waits-longer-than-promised",
        check="latency.alerts",
        changes=(Edit(ALERTMANAGER, "  group_wait: 30s\n", "  group_wait: 20m\n"),),
        says=("alerts: HighErrorRate: group wait and delivery took 10.", "allowed 5.25 s"),
        suites=("targets", "latency_alerts"),
    ),
    Mutation(
        name="ping-waits",
        check="latency.health",
        changes=(
            Edit(f"{APP}gateway.py", PING, f"        await asyncio.sleep(0.1)\n{PING}"),
        ),
        says=("GET /api/v1/ping took up to 1", "for 95% of its answers, 10 ms allowed"),
        suites=("targets", "latency_health"),
    ),
    Mutation(
        name="check-says-nothing-of-its-logs",
        check="latency.health",
        changes=(
            Edit(f"{APP}gateway.py", '"checks": {"log_dir": logs_ok}', '"checks": {}'),
        ),
        says=("GET /api/v1/check: checks.log_dir is missing, expected True, in ",),
        suites=("targets", "latency_health"),
    ),
)  # fmt: skip
