"""How long each step of a signal's way may hold it back by its configuration, and what the health
endpoints of the application must answer, in what time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import pydantic

from smokestack.system.units import Seconds, Section


def _more_than_none(seconds: float) -> float:
    if seconds <= 0:
        raise ValueError("nothing is answered in no time: give more than 0s")
    return seconds


Limit = Annotated[Seconds, pydantic.AfterValidator(_more_than_none)]
Told = str | bool | int | float
"""What may stand in an answer of JSON."""


class Waits(Section):
    """The longest waits that the servers may be configured with; of scrapes it is said under
    `scrape`. Where one is absent, what the servers run with is allowed.
    """

    log_poll: Seconds | None = None
    batch: Seconds | None = None
    span_delay: Seconds | None = None
    evaluation: Seconds | None = None
    group_wait: Seconds | None = None
    group_interval: Seconds | None = None

    def as_run(self, factor: float) -> Mapping[str, float]:
        """Those that are given, in seconds as a stack runs that is sped up by a factor; by the
        names that `Timings` has for them.
        """
        given = self.model_dump(exclude_none=True)
        return {f"{name}_s": seconds / factor for name, seconds in given.items()}


class HealthEndpoint(Section):
    """An endpoint of the application by which others see whether it is well.

    95% of its answers must be there `within` so many seconds. `body`: path in the answer's JSON,
    its steps parted by dots -> what must stand there; `present`: paths where anything must.
    """

    route: str
    within: Limit
    status: Annotated[int, pydantic.Field(ge=100, le=599)] = 200
    body: Mapping[str, Told] = pydantic.Field(default_factory=dict)
    present: tuple[str, ...] = ()


def faults(
    waits: Waits | None, health: tuple[HealthEndpoint, ...], lacking: Mapping[str, str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where, and what does not go together. `lacking`: wait -> the section without which there is
    no such wait, where that is absent.
    """
    for name in waits.model_fields_set if waits else ():
        if name in lacking:
            yield ("latency", name), f"there is no section `{lacking[name]}`: nothing waits so"
    routes = [one.route for one in health]
    for number, one in enumerate(health):
        if one.route in routes[:number]:
            yield ("health", number, "route"), f"{one.route} is there already"
        if "{" in one.route:
            why = "a path is sent as it stands here, so there must be no parameter in it"
            yield ("health", number, "route"), why
