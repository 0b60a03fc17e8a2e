"""Who must be told of what: receivers, groups, and which alert is kept back by which other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import pydantic

from smokestack.system.units import Section

Fault = tuple[tuple[str | int, ...], str]
"""Where, and what is wrong there."""

Labels = Annotated[dict[str, str], pydantic.Field(min_length=1)]
GroupBy = Annotated[tuple[str, ...], pydantic.Field(min_length=1)]


class RouteOfAlerts(Section):
    """Alerts with these labels go to this receiver, which is told on this path."""

    labels: Labels
    receiver: str
    delivered_to: str
    group_by: GroupBy | None = None


class Inhibition(Section):
    """While an alert with the labels of `source` fires, nobody is told of one with those of
    `target` that has the same values of `equal`.
    """

    source: Labels
    target: Labels
    equal: GroupBy


class Notifications(Section):
    """What must come of alerts that are handed to Alertmanager. `group_by` holds for every route
    that has none of its own.
    """

    routes: Annotated[tuple[RouteOfAlerts, ...], pydantic.Field(min_length=1)]
    group_by: GroupBy
    inhibitions: tuple[Inhibition, ...] = ()

    def grouped_by(self, route: RouteOfAlerts) -> tuple[str, ...]:
        """By which labels the notifications of a route are grouped."""
        return route.group_by or self.group_by

    def route(self, labels: Mapping[str, str]) -> RouteOfAlerts | None:
        """The first route whose labels are among these."""
        fitting = (one for one in self.routes if one.labels.items() <= labels.items())
        return next(fitting, None)

    def faults(self) -> Iterator[Fault]:
        """What does not go together."""
        for number, one in enumerate(self.inhibitions):
            if set(one.equal) <= one.source.keys() | one.target.keys():
                why = f"every label of equal ({', '.join(one.equal)}) is given: none can differ"
                yield ("notifications", "inhibitions", number, "equal"), why
            for side, labels in (("source", one.source), ("target", one.target)):
                if self.route(labels) is None:
                    why = "no route under notifications.routes has these labels"
                    yield ("notifications", "inhibitions", number, side), why
        for number, route in enumerate(self.routes):
            if set(self.grouped_by(route)) <= set(route.labels):
                why = f"every label of group_by ({', '.join(self.grouped_by(route))}) is given here"
                yield ("notifications", "routes", number, "labels"), f"{why}: no group is our own"
