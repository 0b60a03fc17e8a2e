"""What must be true of an alert, and what drives it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import pydantic

from smokestack.matchers import Matcher, matcher_of
from smokestack.system.true_time import TrueTimes
from smokestack.system.units import Seconds, Section, Values

Moves = Literal["errors", "rate", "latency", "silence"]
"""What of a scenario is moved: the share of its requests that fail, how many it sends in a second,
how many seconds each takes, or whether it sends any.
"""
CAUSES = ("scenario", "restarts", "stops", "amount", "gauge")


class LivedThrough(Section):
    """What drives an alert, first below and then above its threshold.

    One cause: a scenario; a service that is restarted, or stopped for a while; an amount of
    something that the application does for real, or a gauge of its that shows what it is told
    (`of` is the service). `scale` turns the rule's unit into the cause's. What can only be or not
    be, is not while the alert is held and is while it is driven: its threshold is 1.

    `alone`: no other alert may be driven meanwhile.
    """

    model_config = pydantic.ConfigDict(  # `_usual_shares` fills them in
        json_schema_extra={"required": [], "oneOf": [{"required": [one]} for one in CAUSES]}
    )

    scenario: str | None = None
    moves: Moves = "errors"
    restarts: str | None = None
    stops: str | None = None
    amount: str | None = None
    gauge: str | None = None
    of: str | None = None
    scale: float = 1.0
    hold: float
    drive: float
    alone: bool = False

    @pydantic.model_validator(mode="before")
    @classmethod
    def _usual_shares(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        two = "stops" in given or given.get("moves") == "silence"
        return {"hold": 0.0 if two else 0.8, "drive": 1.0 if two else 1.2, **given}

    @pydantic.model_validator(mode="after")
    def _one_cause(self) -> Self:
        if sum(getattr(self, cause) is not None for cause in CAUSES) != 1:
            raise ValueError(f"one of {', '.join(f'`{one}`' for one in CAUSES)} must be there")
        if (self.of is None) != (self.amount is None and self.gauge is None):
            raise ValueError("`of` says whose `amount` or `gauge` it is, and of nothing else")
        return self

    @property
    def name(self) -> str:
        """What of the application's is set."""
        return self.amount or self.gauge or ""

    @property
    def simulated(self) -> bool:
        """Whether what the alert sees is not what happened."""
        return self.gauge is not None


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

    `true_time` is input for its rule at its real durations, for each of its conditions;
    `not_lived` is why nothing drives it.

    `receiver`, `delivered_to` and `group_by` may be left out where there is no Alertmanager, which
    would tell somebody. `server` names optional servers that it is about: where a stack runs
    without one, it is not lived through. `largest_factor` is by how much `--pace fast` may divide
    its durations at most, where what drives it takes its time.
    """

    alert: str
    for_s: Seconds = pydantic.Field(alias="for")
    window: Seconds
    threshold: float
    labels: dict[str, str]
    subject: dict[str, str]
    annotations: dict[str, str]
    receiver: str = ""
    delivered_to: str = ""
    group_by: tuple[str, ...] = ()
    server: Values = ()
    lived_through: LivedThrough | None = None
    not_lived: str | None = None
    true_time: TrueTimes = ()
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
