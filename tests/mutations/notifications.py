"""Ways in which the wrong people are told of an alert, or nobody, or everybody too often."""

from __future__ import annotations

from tests.mutations import mutation
from tests.mutations.mutation import ALERTMANAGER, COMPOSE, Mutation
from tests.mutations.project import Edit

ROUTE = "  routes:\n    - matchers: ['severity=~\"critical|page\"']\n      receiver: critical\n"
INHIBITION = (
    "inhibit_rules:\n"
    "  - source_matchers: ['severity=\"critical\"', 'service!=\"\"']\n"
    "    target_matchers: ['severity=\"warning\"']\n"
    "    equal: [service]\n"
)
DEFAULT = "      - url: http://webhook:8090/default\n        send_resolved: "
ALONE = "      - --cluster.listen-address=\n"


def told(name: str, check: str, edit: Edit, *says: str) -> Mutation:
    """A mutation for which the suites of targets and notifications are run; it is one check's."""
    return Mutation(name, check, (edit,), says, suites=mutation.NOTIFICATIONS)


MUTATIONS = (
    told(
        "route-removed",
        "notifications.routing",
        Edit(ALERTMANAGER, ROUTE, ""),
        "severity=critical: routed to default, expected critical",
        "severity=page: delivered to /default, expected /critical",
    ),
    told(
        "every-alert-a-group",
        "notifications.grouping",
        Edit(ALERTMANAGER, "group_by: [alertname, service]", "group_by: ['...']"),
        "severity=warning: 3 alerts of one group came as 3 notifications",
    ),
    told(
        "services-grouped-together",
        "notifications.grouping",
        Edit(ALERTMANAGER, "group_by: [alertname, service]", "group_by: [alertname]"),
        "severity=warning: an alert with another service came in the same notification",
    ),
    told(
        "inhibition-removed",
        "notifications.inhibition",
        Edit(ALERTMANAGER, INHIBITION, ""),
        "severity=warning: told at /default as firing, expected kept back by severity=critical",
        "severity=warning: active in Alertmanager, expected suppressed",
    ),
    told(
        "silences-refused",
        "notifications.silence",
        Edit(COMPOSE, ALONE, f"{ALONE}      - --silences.max-silence-size-bytes=1\n"),
        "Alertmanager does not take a silence: silence exceeded maximum size",
    ),
    told(
        "warnings-never-end",
        "notifications.resolved",
        Edit(ALERTMANAGER, f"{DEFAULT}true", f"{DEFAULT}false"),
        "/default was not told that 12 alerts ended: severity=warning",
    ),
)
