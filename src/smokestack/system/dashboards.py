"""What Grafana must show: its data sources, its dashboards, and what their panels must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import pydantic

from smokestack.system.units import Section

SourceType = Literal["prometheus", "loki", "tempo", "jaeger"]
"""Types of data sources that can be asked for a run's data through Grafana."""

Values = Annotated[
    tuple[str, ...],
    pydantic.BeforeValidator(lambda given: (given,) if isinstance(given, str) else given),
    pydantic.Field(min_length=1),
]
"""One value, or a list of several."""


class Dashboard(Section):
    """A dashboard that must be there. `folder` is the one that it is shown in.

    `panels` are titles; `empty` has those that may show no data, each with the reason; `links`
    those that must lead to a data source, by its uid; `exemplars` those whose queries must ask for
    exemplars. `variables` must be there as template variables, and are expanded with these values.
    """

    uid: str
    title: str
    folder: str | None = None
    refresh: str | None = None
    panels: tuple[str, ...] = ()
    variables: Mapping[str, Values] = pydantic.Field(default_factory=dict)
    empty: Mapping[str, str] = pydantic.Field(default_factory=dict)
    links: Mapping[str, str] = pydantic.Field(default_factory=dict)
    exemplars: tuple[str, ...] = ()


class Grafana(Section):
    """What Grafana must show: the type of each data source by its uid, the data sources that one
    must lead to (`correlations`), and the dashboards.
    """

    datasources: dict[str, SourceType]
    correlations: Mapping[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
    dashboards: tuple[Dashboard, ...] = ()
