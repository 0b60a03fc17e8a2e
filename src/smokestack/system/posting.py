"""The alerts that are handed to Alertmanager to see what comes of them, made of `notifications`.

Each label that decides a group, or what keeps what back, and that system.yaml does not give, has a
value that no other alert and no other run has. So no alert of the system itself is in a group with
ours, and none is kept back by ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from smokestack.alerting import ROLE, RUN, PostedAlert
from smokestack.system.notifications import Inhibition, Notifications, RouteOfAlerts

MEMBERS = 3
"""So many alerts of one group must come as one notification."""


@dataclass(frozen=True)
class OfRoute:
    """What is posted for one route: alerts of one group, and for each label by which it groups
    one that differs in that label alone. A label that the route itself asks for cannot differ.
    """

    route: RouteOfAlerts
    members: tuple[PostedAlert, ...]
    others: Mapping[str, PostedAlert]

    @property
    def alerts(self) -> tuple[PostedAlert, ...]:
        """All of them."""
        return (*self.members, *self.others.values())


@dataclass(frozen=True)
class KeptBack:
    """An alert that nobody must be told of, and one that differs from it in what matters alone,
    of which somebody must. `source` is the alert that keeps it back; None for a silence.
    """

    target: PostedAlert
    control: PostedAlert
    source: PostedAlert | None = None
    equal: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """What must keep it back, in words."""
        return f"{shown(self.source)} of the same {', '.join(self.equal)}" if self.source else ""


@dataclass(frozen=True)
class Posting:
    """Everything that is posted at once in a run."""

    routes: tuple[OfRoute, ...]
    inhibited: tuple[KeptBack, ...]
    silenced: KeptBack

    @property
    def told(self) -> tuple[PostedAlert, ...]:
        """Those of which somebody must be told, and of their end; sources apart."""
        of_routes = [one for route in self.routes for one in route.alerts]
        return (*of_routes, *(one.control for one in (*self.inhibited, self.silenced)))

    @property
    def kept_back(self) -> tuple[PostedAlert, ...]:
        """Those of which nobody must be told."""
        return tuple(one.target for one in (*self.inhibited, self.silenced))

    @property
    def sources(self) -> tuple[PostedAlert, ...]:
        """Those that keep others back."""
        return tuple(one.source for one in self.inhibited if one.source)

    @property
    def alerts(self) -> tuple[PostedAlert, ...]:
        """All of them, what keeps back before what is kept back."""
        return (*self.sources, *self.kept_back, *self.told)


def posting(notifications: Notifications, run_id: str) -> Posting:
    """What a run posts."""
    maker = _Maker(notifications, run_id)
    return Posting(
        tuple(maker.of_route(number, one) for number, one in enumerate(notifications.routes)),
        tuple(maker.inhibited(n, one) for n, one in enumerate(notifications.inhibitions)),
        maker.silenced(),
    )


def shown(alert: PostedAlert) -> str:
    """An alert as a person reads it: the labels that are not our own."""
    given = {name: value for name, value in alert.labels.items() if not _ours(alert, name)}
    return ", ".join(f"{name}={value}" for name, value in sorted(given.items()))


def _ours(alert: PostedAlert, name: str) -> bool:
    return name in (RUN, ROLE) or alert.labels[RUN] in alert.labels[name]


@dataclass(frozen=True)
class _Maker:
    """Makes the alerts of one run."""

    notifications: Notifications
    run_id: str

    def _alert(
        self, role: str, given: Mapping[str, str], own: Iterator[str], **differing: str
    ) -> PostedAlert:
        """An alert with labels of its own; the role's first part is what they are about."""
        about = f"smokestack-{role.partition('/')[0]}-{self.run_id}"
        free = {label: about for label in ("alertname", *own) if label not in given}
        labels = {**free, **given, **differing, RUN: self.run_id, ROLE: role}
        return PostedAlert(role, labels)

    def of_route(self, number: int, route: RouteOfAlerts) -> OfRoute:
        labels = self.notifications.grouped_by(route)

        def one(part: str, **differing: str) -> PostedAlert:
            return self._alert(f"route{number}/{part}", route.labels, iter(labels), **differing)

        others = {
            label: one(f"other-{label}", **{label: f"smokestack-other{number}-{self.run_id}"})
            for label in labels
            if label not in route.labels
        }
        return OfRoute(route, tuple(one(f"member{n}") for n in range(1, MEMBERS + 1)), others)

    def inhibited(self, number: int, inhibition: Inhibition) -> KeptBack:
        source, target, equal = inhibition.source, inhibition.target, inhibition.equal
        common = {k: v for k, v in {**target, **source}.items() if k in equal}
        about, free = f"inhibition{number}", {*self.notifications.group_by, *equal}

        def one(role: str, given: Mapping[str, str]) -> PostedAlert:
            return self._alert(role, {**given, **common}, iter(sorted(free)))

        return KeptBack(
            one(f"{about}/target", target),
            one(f"{about}-control/", target),
            one(f"{about}/source", source),
            equal,
        )

    def silenced(self) -> KeptBack:
        """Both in one group: what comes of it, comes without the silenced one."""
        route = self.notifications.routes[0]
        free = self.notifications.grouped_by(route)
        target, control = (
            self._alert(f"silence/{part}", route.labels, iter(free))
            for part in ("target", "control")
        )
        return KeptBack(target, control)
