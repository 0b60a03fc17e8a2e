"""What a mutation is, and where the things are that mutations break."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.mutations.project import Edit, NewFile

APP = "fixtures/app/"
COMPOSE = "compose/compose.yaml"
COLLECTOR = "compose/otel-collector/config.yml"
ALERTMANAGER = "compose/alertmanager/alertmanager.yml"
PROMETHEUS = "systems/reference/stack/prometheus.yml"
RULES = "systems/reference/stack/rules/application.yml"
SERVER_RULES = "systems/reference/stack/rules/servers.yml"
SYSTEM = "systems/reference/system.yaml"

SIGNALS = ("targets", "metrics", "logs", "traces", "correlation", "latency")
"""All suites but those of the alerts, which takes longest and asks for nothing of the others, and
of the SLOs, which asks for what these do, in another form."""
SLOS = ("targets", "slo")
ALERTS = ("targets", "alerts")
NOTIFICATIONS = ("targets", "notifications")
TARGETS = ("targets",)


@dataclass(frozen=True)
class Mutation:
    """One way of breaking the stack, and exactly which checks of the suites then turn red.

    `check` is the one that it is there for: missed, and `says` stands in what it says. `missed`
    and `unmeasured` are those that must follow. `either` may follow or not, for the reason that
    stands beside it. `system` is what must be true. `pace` is `fast` but for what is judged at
    `real` alone. `only` chooses among the tests of the suites, as pytest's `-k` does, where the
    others ask for nothing that could be broken, or take their time. `alone` is what measures so
    finely that another stack beside it is all that it would see.
    """

    name: str
    check: str
    changes: tuple[Edit | NewFile, ...]
    says: tuple[str, ...]
    missed: frozenset[str] = frozenset()
    unmeasured: frozenset[str] = frozenset()
    either: frozenset[str] = frozenset()
    suites: tuple[str, ...] = SIGNALS
    system: str = "reference"
    pace: str = "fast"
    only: str = ""
    alone: bool = False

    def apply(self, project: Path) -> None:
        """Break a copy of the project."""
        for change in self.changes:
            change.apply(project)

    @property
    def beside_grafana(self) -> bool:
        """Whether the stack needs a Grafana: the suites ask it."""
        return "grafana" in self.suites

    @property
    def aims(self) -> frozenset[str]:
        """The checks that it is there for."""
        return frozenset({self.check})

    @property
    def expected(self) -> dict[str, str]:
        """The verdict of every check that is to be red."""
        missed = {self.check, *self.missed}
        return dict.fromkeys(missed, "missed") | dict.fromkeys(self.unmeasured, "unmeasured")


def checks(*ids: str) -> frozenset[str]:
    """Check ids, as a set."""
    return frozenset(ids)
