"""Input on which an alert's rule is proven at its real durations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Self

import pydantic

from smokestack.system.units import OneOrSeveral, Seconds, Section, written

_NUMBER = r"\d+(?:\.\d+)?(?:e\d+)?"
_COURSE = re.compile(rf"(-?{_NUMBER})(?:([+-]{_NUMBER})(?:/([1-9]\d*))?)?")
ABSENT = "_"


def _course(value: object) -> str:
    text = str(value).strip()
    if text == ABSENT or _COURSE.fullmatch(text):
        return text
    raise ValueError(
        f"{text!r} is none of: a number; one that changes by a step, such as 0+5, 100-2 or, at "
        f"each third sample, 0+1/3; {ABSENT} for no samples"
    )


Course = Annotated[
    str,
    pydantic.BeforeValidator(_course),
    written(rf"{_COURSE.pattern}|{ABSENT}", type=["string", "number"]),
]
"""What the samples of a series are: a number that stays; one that changes by a step, such as `0+5`
or `100-2`, with each sample or, as `0+1/3`, with each third; or `_` where there are none. What
comes after another course goes on from where that was, if it has a step.
"""


@dataclass(frozen=True)
class Parts:
    """A course in numbers. `step` is None where the number stays."""

    start: float
    step: float | None
    every: int


def parts(course: Course) -> Parts:
    """The numbers of a course that has some."""
    found = _COURSE.fullmatch(course)
    if found is None:
        raise ValueError(f"{course!r} has no numbers")
    start, step, every = found.groups()
    return Parts(float(start), float(step) if step else None, int(every or 1))


class TrueTime(Section):
    """Two inputs, one just below an alert's threshold and one just above.

    `step` is the time between two samples. For `earlier`, `before` comes first: a history that
    fills the long windows of a rule; `calm` does if nothing else is given. `calm` is what ends it;
    `below` does if nothing else is given. With input that is above from then on, the condition
    holds after `after`. `threshold` is the one that this input is about, where a rule has several.
    `labels` are those that the alert has beside its own and its subject; `annotations` are given
    as they must read, word for word, once it fires.
    """

    step: Annotated[Seconds, pydantic.Field(gt=0)] = 15.0
    threshold: float | None = None
    earlier: Seconds = 0.0
    before: dict[str, Course] | None = None
    after: Seconds = 0.0
    below: Annotated[dict[str, Course], pydantic.Field(min_length=1)]
    above: Annotated[dict[str, Course], pydantic.Field(min_length=1)]
    calm: dict[str, Course] | None = None
    labels: dict[str, str] = pydantic.Field(default_factory=dict)
    annotations: dict[str, str]

    @pydantic.model_validator(mode="after")
    def _same_series(self) -> Self:
        others = {"above": self.above, "calm": self.calm, "before": self.before}
        for name, inputs in others.items():
            if inputs is not None and (apart := set(inputs) ^ set(self.below)):
                raise ValueError(f"`below` and `{name}` must have the same series: {min(apart)}")
        if self.before is not None and not self.earlier:
            raise ValueError("`before` is what there is for the time that `earlier` says")
        return self


TrueTimes = Annotated[
    tuple[TrueTime, ...],
    pydantic.BeforeValidator(lambda given: (given,) if isinstance(given, dict) else given),
    OneOrSeveral(),
]
"""One input, or several for a rule that has several conditions."""
