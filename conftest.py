"""Names the fixture plugins; no logic."""

pytest_plugins = [
    "fixtures.stack",
    "fixtures.load",
    "fixtures.observations",
    "fixtures.recent",
    "fixtures.slo",
    "fixtures.dashboards",
    "fixtures.queries",
    "fixtures.alerts",
    "fixtures.latency",
    "fixtures.notifications",
    "fixtures.resources",
    "fixtures.overhead",
    "fixtures.under_load",
    "fixtures.deploy",
]
