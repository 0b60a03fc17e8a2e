"""Every way of driving an alert, on real servers: below its threshold it is quiet, above it fires.

The reference gets one alert for each, and a scenario of its own where that needs one. Their rules
are evaluated half as often as the others.
"""

from __future__ import annotations

import textwrap

import pytest
import yaml

from tests.mutations import project
from tests.mutations.mutation import ALERTS
from tests.mutations.project import Edit, NewFile, Outcome

FOLDER = "systems/reference"

SCENARIO = '''
"""{path}, at {rate:g} a second."""

from marked import MarkedUser

from smokestack.load.schedule import Mix, Plan, Planned


class One(MarkedUser):
    plan = Plan(
        lambda: Mix([Planned("GET", "{path}", "{path}", expected={status})]),
        total=None, rate={rate}, users=4,
    )
'''

RATES = {
    "SlowAnswers": (
        "histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket"
        '{service="gateway",route="/api/v1/test/slow"}[5m]))) > 1'
    ),
    "ManyNotFound": (
        '60 * sum by (service) (rate(http_requests_total{service="gateway",status="404"}[10m]))'
        " > 100"
    ),
    "NobodyReadsOrders": (
        'sum by (service) (increase(http_requests_total{service="gateway",'
        'route="/api/v1/orders"}[10m])) == 0'
    ),
    "ServerDown": 'label_replace(up{job="node"}, "service", "node", "", "") == 0',
    "PoolExhausted": "db_connections_active / db_connections_max > 0.9",
    "QueueGrows": 'queue_depth{queue="email"} > 100',
}

DRIVEN = {
    "SlowAnswers": (1, {"scenario": "slow", "moves": "latency"}),
    "ManyNotFound": (100, {"scenario": "not_found", "moves": "rate", "scale": 1 / 60}),
    "NobodyReadsOrders": (1, {"scenario": "readers", "moves": "silence"}),
    "ServerDown": (1, {"stops": "node-exporter"}),
    "PoolExhausted": (0.9, {"amount": "db_connections_held", "of": "backend", "scale": 20}),
    "QueueGrows": (100, {"gauge": 'queue_depth{queue="email"}', "of": "backend"}),
}


def rule(name: str) -> dict[str, object]:
    """One of the rules, with what a receiver must be told."""
    return {
        "alert": name, "expr": RATES[name], "for": "1m", "labels": {"severity": "warning"},
        "annotations": {"summary": f"{name} is so"},
    }  # fmt: skip


def expected(name: str) -> dict[str, object]:
    """What must be true of it."""
    threshold, lived = DRIVEN[name]
    window = "10m" if "[10m]" in RATES[name] else "5m" if "[5m]" in RATES[name] else "0s"
    return {
        "alert": name, "for": "1m", "window": window, "threshold": threshold,
        "labels": {"severity": "warning"}, "subject": {}, "receiver": "default",
        "annotations": {"summary": f"{name} is so"}, "delivered_to": "/default",
        "group_by": ["alertname", "service"], "lived_through": lived,
        # Nobody else asks for slow answers.
        "alive": {"conditional": ['route="/api/v1/test/slow"'] if name == "SlowAnswers" else []},
    }  # fmt: skip


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The checks of alerts, on a copy of the project with these alerts."""
    folder = tmp_path_factory.mktemp("stimuli")
    copied = project.copy(folder / "project")
    alerts = textwrap.indent(yaml.safe_dump([expected(name) for name in RATES]), "  ")
    rules = {"groups": [{"name": "stimuli", "interval": "1m", "rules": list(map(rule, RATES))}]}
    system = f"{FOLDER}/system.yaml"
    for change in (
        NewFile(f"{FOLDER}/stack/rules/stimuli.yml", yaml.safe_dump(rules)),
        NewFile(
            "scenarios/not_found.py",
            SCENARIO.format(path="/api/v1/orders/999999", status=404, rate=1.0),
        ),
        NewFile(
            "scenarios/readers.py", SCENARIO.format(path="/api/v1/orders", status=200, rate=5.0)
        ),
        Edit(
            system,
            "{scenario: error_burst, hold",
            "{scenario: error_burst, alone: true, hold",
        ),
        Edit(system, "alerts:\n", f"alerts:\n{alerts}"),
    ):
        change.apply(copied)
    return project.run_until_told(copied, "reference", ALERTS, folder / "reports")


def test_each_is_lived_through(outcome: Outcome) -> None:
    """Nothing is red; those beside HighErrorRate too."""
    assert outcome.exit_code == 0, outcome.output[-6000:]


@pytest.mark.parametrize("name", RATES)
def test_the_matrix_says_how(outcome: Outcome, name: str) -> None:
    """Met, and of a gauge that shows what it is told: simulated."""
    row = next(line for line in outcome.output.splitlines() if line.startswith(f"{name} "))
    assert ("met, simulated" in row) == (name == "QueueGrows")
    assert row.count("✓") == 2, "lived through, and alive"
