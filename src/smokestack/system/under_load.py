"""What the stack must bear without losing anything: loads, and how full a queue may become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import pydantic

from smokestack.system.units import Seconds, Section

Fault = tuple[tuple[str | int, ...], str]
"""Where, and what is wrong there."""

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

    def faults(self) -> Iterator[Fault]:
        """What does not go together."""
        known: set[str] = set()
        for number, one in enumerate(self.loads):
            if one.scenario in known:
                why = f"{one.scenario} is another one's already: a load goes by its scenario"
                yield ("under_load", "loads", number, "scenario"), why
            known.add(one.scenario)
