"""Ways in which an alert does not fire, fires too soon, or does not reach its receiver."""

from __future__ import annotations

from tests.mutations import mutation
from tests.mutations.mutation import ALERTMANAGER, PROMETHEUS, RULES, SERVER_RULES, Mutation, checks
from tests.mutations.project import Edit

NOT_LIVED = "targets or rules_loaded or true_time or alive"
"""Natively nothing drives ServerRestarting: what lives an alert through says nothing of its rule,
and the twins of HighErrorRate show what it says."""

CRITICAL = "      - url: http://webhook:8090/critical\n        send_resolved: true\n"

AFTER_FIRING = checks(
    # What never fired cannot have been handed on, delivered or resolved.
    "alerts.alertmanager", "alerts.delivered", "alerts.content", "alerts.resolved",
    "alerts.hop-times",
)  # fmt: skip
NEVER_FIRES = AFTER_FIRING | checks(
    "alerts.held-below",  # it would stay inactive at any rate of errors
)


def alert(
    name: str,
    check: str,
    edit: Edit,
    says: str,
    missed: frozenset[str] = frozenset(),
    unmeasured: frozenset[str] = frozenset(),
    only: str = "",
) -> Mutation:
    """A mutation for which the suites of targets and alerts are run."""
    return Mutation(
        name, check, (edit,), (says,), missed, unmeasured, suites=mutation.ALERTS, only=only
    )


MUTATIONS = (
    alert(
        "rule-waits-longer",
        "alerts.rules-loaded",
        Edit(RULES, "for: 5m", "for: 10m"),
        "HighErrorRate waits 600 s, expected 300 s",
        missed=checks("alerts.true-time"),  # at real durations too
    ),
    alert(
        "threshold-slightly-off",  # too little for what is lived through at 1.2 times the promised
        "alerts.true-time",
        Edit(RULES, "> 0.05", "> 0.053"),
        "HighErrorRate does not fire after 330 s above its threshold 0.05",
    ),
    alert(
        "threshold-slightly-low",
        "alerts.true-time",
        Edit(RULES, "> 0.05", "> 0.047"),
        "HighErrorRate fires below its threshold 0.05",
    ),
    alert(
        "rule-with-a-typo",
        "alerts.fires",
        Edit(
            RULES,
            'rate(http_requests_total{status=~"5.."}',
            'rate(http_request_total{status=~"5.."}',
        ),
        "HighErrorRate did not fire at 0.06",
        missed=checks("alerts.true-time", "alerts.alive"),  # which says why
        unmeasured=NEVER_FIRES,
    ),
    # That ServerRestarting is blind is for this check alone to tell.
    alert(
        "rule-selects-a-misspelt-metric",
        "alerts.alive",
        Edit(SERVER_RULES, "process_start_time_seconds[", "process_start_time_second["),
        "no series process_start_time_second; there is process_start_time_seconds",
        missed=checks("alerts.true-time"),
        only=NOT_LIVED,
    ),
    alert(
        "rule-selects-a-value-that-no-series-has",
        "alerts.alive",
        Edit(
            SERVER_RULES,
            "process_start_time_seconds[",
            'process_start_time_seconds{job="node-exporter"}[',
        ),
        'job="node-exporter" matches no series of process_start_time_seconds; values: alertmanager',
        missed=checks("alerts.true-time"),
        only=NOT_LIVED,
    ),
    alert(
        "rule-selects-a-label-that-no-series-has",
        "alerts.alive",
        Edit(RULES, '{status=~"5.."}', '{code=~"5.."}'),
        'no series of http_requests_total has the label code (code=~"5..")',
        missed=checks("alerts.fires", "alerts.true-time"),
        unmeasured=NEVER_FIRES,
    ),
    alert(
        "rule-groups-by-a-label-that-no-series-has",
        "alerts.alive",
        Edit(
            SERVER_RULES,
            "changes(process_start_time_seconds[10m])",
            "max by (jobs) (changes(process_start_time_seconds[10m]))",
        ),
        "no series of process_start_time_seconds has the label jobs (max by (jobs)); there is job",
        missed=checks("alerts.true-time"),
        only=NOT_LIVED,
    ),
    alert(
        "threshold-too-high",
        "alerts.fires",
        Edit(RULES, "> 0.05", "> 0.5"),
        "it is inactive",
        missed=checks("alerts.true-time"),  # at real durations too
        unmeasured=NEVER_FIRES,
    ),
    alert(
        "threshold-too-low",
        "alerts.held-below",
        Edit(RULES, "> 0.05", "> 0.03"),
        "below its threshold 0.05",
        missed=checks("alerts.fires", "alerts.true-time"),  # it rose before it was driven
        unmeasured=checks("alerts.hop-times"),  # the first hop ended before it began
    ),
    alert(
        "alertmanager-not-connected",
        "alerts.alertmanager",
        Edit(
            PROMETHEUS,
            "alerting:\n  alertmanagers:\n    - static_configs:\n"
            "        - targets: [alertmanager:9093]\n",
            "",
        ),
        "HighErrorRate fires in Prometheus, but Alertmanager does not have it",
        unmeasured=AFTER_FIRING - {"alerts.alertmanager"},
    ),
    alert(
        "routed-to-the-wrong-receiver",
        "alerts.alertmanager",
        Edit(ALERTMANAGER, "      receiver: critical\n", "      receiver: default\n"),
        "routed to default, expected critical",
        missed=checks("alerts.delivered", "alerts.resolved"),  # both are told to the wrong one
    ),
    alert(
        "delivered-to-the-wrong-address",
        "alerts.delivered",
        Edit(ALERTMANAGER, "webhook:8090/critical", "webhook:8090/elsewhere"),
        "delivered to /elsewhere (receiver critical), expected /critical",
        missed=checks("alerts.resolved"),  # it is told there too
    ),
    alert(
        "annotation-changed",
        "alerts.content",
        Edit(RULES, 'summary: "High error rate on', 'summary: "Errors on'),
        "annotation summary is 'Errors on gateway', expected 'High error rate on gateway' in it",
        missed=checks("alerts.true-time"),  # at real durations too
    ),
    alert(
        "grouped-otherwise",
        "alerts.content",
        Edit(ALERTMANAGER, "group_by: [alertname, service]", "group_by: [alertname]"),
        "grouped by ['alertname'], expected ['alertname', 'service']",
    ),
    alert(
        "not-told-when-resolved",
        "alerts.resolved",
        Edit(ALERTMANAGER, CRITICAL, CRITICAL.replace("true", "false")),
        "HighErrorRate resolved, but the receiver was not told",
        unmeasured=checks("alerts.hop-times"),  # the last hop did not happen
    ),
    alert(
        "fires-before-its-time",
        "alerts.hop-times",
        Edit(RULES, "for: 5m", "for: 1m"),
        "before its `for`",
        missed=checks("alerts.rules-loaded", "alerts.true-time"),  # the rule says so as well
    ),
)
