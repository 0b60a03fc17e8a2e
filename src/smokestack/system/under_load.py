"""What the stack must bear without losing anything: loads, and how full a queue may become."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Self

import pydantic

from smokestack.system.units import Seconds, Section

Rate = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, pydantic.Field(gt=0, le=1)]


class UnderLoad(Section):
    """A load: a scenario, its highest rate in requests a second, and for how long. `error_ratio`
    is the share of its requests that fail on purpose, as the scenario has it by default. What is
    `on_request` is only sent where it is asked for by name.
    """

    scenario: str
    rate: Rate
    duration: Seconds
    error_ratio: Annotated[float, pydantic.Field(ge=0, le=1)] | None = None
    on_request: bool = False


class Bearing(Section):
    """What must be borne. `fullest_queue` is how full any queue on the way may become, as a share
    of its capacity.
    """

    fullest_queue: Share
    loads: Annotated[tuple[UnderLoad, ...], pydantic.Field(min_length=1)]

    @pydantic.model_validator(mode="after")
    def _one_of_each(self) -> Self:
        twice = [name for name, n in Counter(one.scenario for one in self.loads).items() if n > 1]
        if twice:
            raise ValueError(f"{twice[0]} is there twice: a load goes by the name of its scenario")
        return self
