"""SLOs as OpenSLO v1 files: the part of it that can be judged here, and nothing read past.

What OpenSLO allows and this does not read (`thresholdMetric`, `raw`, time slices, calendars,
references) is refused with its place in the file: an SLO that is half understood is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic

from smokestack import yaml_file
from smokestack.system.counter_query import CounterQuery, parse
from smokestack.system.units import Section
from smokestack.yaml_file import Document

_SHORTHAND = re.compile(r"([1-9]\d*)([mhdw])")
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_NAME = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


def _counter(value: object) -> CounterQuery:
    return parse(str(value))


def _shorthand(value: object) -> int:
    found = _SHORTHAND.fullmatch(str(value))
    if not found:
        raise ValueError("a length of time is a number and one of m, h, d, w, such as 30d")
    return int(found[1]) * _UNITS[found[2]]


def _number(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except ArithmeticError as error:
        raise ValueError("a number is asked for") from error


def _share(value: Decimal) -> Decimal:
    if not 0 < value < 1:
        raise ValueError("an objective lies between 0 and 1, and is neither: say 0.99 for 99%")
    return value


def _percent(value: Decimal) -> Decimal:
    if not 0 < value < 100:
        raise ValueError("an objective lies between 0 and 100 percent, and is neither")
    return value


class Head(pydantic.BaseModel):
    """What must be right before anything else can be said about a file."""

    api_version: Literal["openslo/v1"] = pydantic.Field(alias="apiVersion")
    kind: Literal["SLO"]


class Metadata(Section):
    """Whose labels go to the alerts that are made of the SLO."""

    name: Annotated[str, pydantic.StringConstraints(pattern=f"^{_NAME}$")]
    display_name: str | None = pydantic.Field(None, alias="displayName")
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}


class Query(Section):
    """The field `spec` of a metric source: free in OpenSLO, a query for Prometheus."""

    query: Annotated[CounterQuery, pydantic.PlainValidator(_counter)]


class MetricSource(Section):
    """Where a metric comes from: the stack's Prometheus."""

    type: Literal["Prometheus"]
    spec: Query


class Metric(Section):
    """A counter."""

    metric_source: MetricSource = pydantic.Field(alias="metricSource")

    @property
    def query(self) -> CounterQuery:
        """Its query."""
        return self.metric_source.spec.query


class RatioMetric(Section):
    """Good or bad events of all."""

    counter: Literal[True]
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric

    @pydantic.model_validator(mode="after")
    def _one_numerator(self) -> Self:
        if (self.good is None) == (self.bad is None):
            raise ValueError("either `good` or `bad` must be there, beside `total`")
        return self


class IndicatorSpec(Section):
    """How the level of service is measured."""

    description: str | None = None
    ratio: RatioMetric = pydantic.Field(alias="ratioMetric")


class IndicatorMetadata(Section):
    """The name of an indicator."""

    name: str
    display_name: str | None = pydantic.Field(None, alias="displayName")


class Indicator(Section):
    """An SLI within its SLO."""

    metadata: IndicatorMetadata | None = None
    spec: IndicatorSpec


class TimeWindow(Section):
    """The time over which the objective holds, in seconds."""

    duration: Annotated[int, pydantic.BeforeValidator(_shorthand)]
    rolling: Literal[True] = pydantic.Field(alias="isRolling")


class Objective(Section):
    """The share of events that must be good."""

    display_name: str | None = pydantic.Field(None, alias="displayName")
    as_share: Annotated[
        Decimal | None, pydantic.BeforeValidator(_number), pydantic.AfterValidator(_share)
    ] = pydantic.Field(None, alias="target")
    as_percent: Annotated[
        Decimal | None, pydantic.BeforeValidator(_number), pydantic.AfterValidator(_percent)
    ] = pydantic.Field(None, alias="targetPercent")

    @pydantic.model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.as_share is None) == (self.as_percent is None):
            raise ValueError("either `target` or `targetPercent` must be there")
        return self

    @property
    def target(self) -> Decimal:
        """The share, exactly as it was written."""
        return self.as_share if self.as_share is not None else (self.as_percent or Decimal(0)) / 100


class Spec(Section):
    """What is promised."""

    description: Annotated[str, pydantic.StringConstraints(max_length=1050)] = ""
    service: str
    indicator: Indicator
    time_window: tuple[TimeWindow] = pydantic.Field(alias="timeWindow")
    budgeting: Literal["Occurrences"] = pydantic.Field(alias="budgetingMethod")
    objectives: tuple[Objective]


class OpenSlo(Section):
    """One SLO."""

    api_version: Literal["openslo/v1"] = pydantic.Field(alias="apiVersion")
    kind: Literal["SLO"]
    metadata: Metadata
    spec: Spec

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def ratio(self) -> RatioMetric:
        """What is counted."""
        return self.spec.indicator.spec.ratio

    @property
    def target(self) -> Decimal:
        """The share of events that must be good."""
        return self.spec.objectives[0].target

    @property
    def budget(self) -> Decimal:
        """The share of events that may be bad."""
        return 1 - self.target

    @property
    def window_s(self) -> int:
        """Seconds over which the objective holds."""
        return self.spec.time_window[0].duration


def read(path: Path) -> tuple[OpenSlo, Document]:
    """The SLO in a file, and the document, which knows the lines.

    Raises ConfigError (file, line, key, what is allowed). Of a file of another version or kind
    only that is said: what else it says follows other rules.
    """
    document = yaml_file.read(path)
    yaml_file.validate(document, Head)
    return yaml_file.validate(document, OpenSlo), document
