"""What Grafana must show: its data sources, its dashboards, and what their panels must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pydantic

from smokestack.system.units import Section, Values

SourceType = Literal["prometheus", "loki", "tempo", "jaeger"]
"""Types of data sources that can be asked for a run's data through Grafana."""


class Dashboard(Section):
    """A dashboard that must be there. `folder` is the one that it is shown in.

    `panels` are titles; `empty` has those that may show no data, each with the reason, and `needs`
    those that may where the stack runs without an optional server; `failures` those that show only
    what fails, and have nothing to show while all is well; `links` those that must lead to
    a data source, by its uid; `exemplars` those whose queries must ask for exemplars. `variables`
    must be there as template variables, and are expanded with these values.
    """

    uid: str
    title: str
    folder: str | None = None
    refresh: str | None = None
    panels: tuple[str, ...] = ()
    variables: Mapping[str, Values] = pydantic.Field(default_factory=dict)
    empty: Mapping[str, str] = pydantic.Field(default_factory=dict)
    needs: Mapping[str, Values] = pydantic.Field(default_factory=dict)
    failures: tuple[str, ...] = ()
    links: Mapping[str, str] = pydantic.Field(default_factory=dict)
    exemplars: tuple[str, ...] = ()

    def without(self, absent: Mapping[str, str]) -> Self:
        """The same in a stack that runs without some optional servers, for these reasons."""
        more = {
            title: f"this stack runs without {name}: {absent[name]}"
            for title, names in self.needs.items()
            for name in names
            if name in absent
        }
        return self.model_copy(update={"empty": {**more, **self.empty}})

    def calm(self, why: str) -> Self:
        """The same where nobody knows of anything that failed."""
        return self.model_copy(
            update={"empty": {**dict.fromkeys(self.failures, why), **self.empty}}
        )


class Deployments(Section):
    """How deployments are marked: by annotations with these tags, which dashboards show."""

    tags: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    shown_on: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]


class ManagedAlert(Section):
    """An alert that Grafana itself evaluates, and that always fires: a heartbeat.

    `delivered_to` is the path on which the receiver must be told of it; `annotations` are texts
    that must be in them.
    """

    uid: str
    title: str
    labels: Mapping[str, str] = pydantic.Field(default_factory=dict)
    annotations: Mapping[str, str] = pydantic.Field(default_factory=dict)
    delivered_to: str


class Grafana(Section):
    """What Grafana must show: the type of each data source by its uid, the data sources that one
    must lead to (`correlations`), the dashboards, and when something was deployed.

    `backup`: whether the dashboards can be exported as their files say them.
    """

    datasources: dict[str, SourceType]
    correlations: Mapping[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
    dashboards: tuple[Dashboard, ...] = ()
    deployments: Deployments | None = None
    backup: bool = False
    heartbeat: ManagedAlert | None = None

    def without(self, absent: Mapping[str, str]) -> Self:
        """The same in a stack that runs without some optional servers, for these reasons."""
        left = tuple(one.without(absent) for one in self.dashboards)
        return self.model_copy(update={"dashboards": left})

    def calm(self, why: str) -> Self:
        """The same where nobody knows of anything that failed: panels that show only failures may
        be empty.
        """
        return self.model_copy(
            update={"dashboards": tuple(one.calm(why) for one in self.dashboards)}
        )
