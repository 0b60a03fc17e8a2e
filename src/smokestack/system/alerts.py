"""What must be true of an alert, and what drives it."""

from __future__ import annotations

from typing import Annotated, Self

import pydantic

from smokestack.matchers import Matcher, matcher_of
from smokestack.system.true_time import TrueTime
from smokestack.system.units import Seconds, Section


class LivedThrough(Section):
    """What drives an alert, first below and then above its threshold: a scenario, or restarts of
    a container.
    """

    scenario: str | None = None
    restarts: str | None = None
    hold: float = 0.8
    drive: float = 1.2

    @pydantic.model_validator(mode="after")
    def _one_cause(self) -> Self:
        if (self.scenario is None) == (self.restarts is None):
            raise ValueError("either `scenario` or `restarts` must be there")
        return self


def _conditional(text: str) -> str:
    matcher_of(text)
    return text


class Alive(Section):
    """What of an alert's selectors may match nothing while all is well: matchers such as
    `status=~"5.."`, or names of metrics that are then not there at all.
    """

    conditional: tuple[Annotated[str, pydantic.AfterValidator(_conditional)], ...] = ()

    @property
    def matchers(self) -> frozenset[Matcher]:
        """The same as matchers; a metric is one on the name."""
        return frozenset(map(matcher_of, self.conditional))


class Alert(Section):
    """An alert that must exist, fire, be delivered and resolve.

    `true_time` is input for its rule at its real durations; `not_lived` is why nothing drives it.

    `largest_factor` is by how much `--pace fast` may divide its durations at most, where what
    drives it takes its time.
    """

    alert: str
    for_s: Seconds = pydantic.Field(alias="for")
    window: Seconds
    threshold: float
    labels: dict[str, str]
    subject: dict[str, str]
    annotations: dict[str, str]
    receiver: str
    delivered_to: str
    group_by: tuple[str, ...]
    lived_through: LivedThrough | None = None
    not_lived: str | None = None
    true_time: TrueTime | None = None
    alive: Alive = Alive()
    largest_factor: Annotated[float, pydantic.Field(ge=1)] | None = None

    @property
    def driven(self) -> LivedThrough:
        """What drives it. Raises ValueError where nothing does: its checks are skipped then."""
        if self.lived_through is None:
            raise ValueError(f"nothing drives {self.alert}")
        return self.lived_through

    def factor(self, stack: float) -> float:
        """By how much its durations are divided in a stack that is sped up by a factor."""
        return min(stack, self.largest_factor or stack)

    @pydantic.model_validator(mode="after")
    def _driven_or_not(self) -> Self:
        if (self.lived_through is None) == (self.not_lived is None):
            raise ValueError("either `lived_through`, or why not under `not_lived`, must be there")
        return self
