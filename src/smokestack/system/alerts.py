"""What must be true of an alert, and what drives it."""

from __future__ import annotations

from typing import Annotated, Self

import pydantic

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


class Alert(Section):
    """An alert that must exist, fire, be delivered and resolve.

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
    lived_through: LivedThrough
    largest_factor: Annotated[float, pydantic.Field(ge=1)] | None = None

    def factor(self, stack: float) -> float:
        """By how much its durations are divided in a stack that is sped up by a factor."""
        return min(stack, self.largest_factor or stack)
