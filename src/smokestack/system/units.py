"""What a system.yaml is written in: sections that know all of their keys, durations, and sizes."""

from __future__ import annotations

import re
from typing import Annotated, Any

import pydantic
from pydantic.json_schema import JsonSchemaValue

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


class Section(pydantic.BaseModel):
    """A mapping in system.yaml. A key that it does not know is an error: it was misspelt."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def duration(value: object) -> float:
    """Seconds of a text such as 1h30m. Raises ValueError for anything else."""
    text = str(value)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration such as 250ms, 30s, 5m or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def _size(value: object) -> float:
    match = _SIZE.fullmatch(str(value))
    if not match:
        raise ValueError(f"{value!r} is not a size such as 512MiB or 2GiB")
    return float(match[1]) * _SIZES[match[2]]


def _share(value: object) -> float:
    match = _SHARE.fullmatch(str(value))
    if not match:
        raise ValueError(f"{value!r} is not a share such as 5%")
    return float(match[1]) / 100


def written(pattern: str, **more: Any) -> pydantic.WithJsonSchema:
    """How a value looks in the file, for its JSON schema: a text of a pattern, as a whole."""
    return pydantic.WithJsonSchema({"type": "string", "pattern": f"^({pattern})$", **more})


class OneOrSeveral:
    """For the JSON schema of a list: a single entry may stand for a list of one."""

    def __get_pydantic_json_schema__(
        self, core: Any, handler: pydantic.GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        several = handler(core)
        return {"anyOf": [several["items"], several]}


Seconds = Annotated[
    float, pydantic.BeforeValidator(duration), written(rf"({_PART.pattern})+", examples=["30s"])
]
"""A duration, written with its unit."""

Bytes = Annotated[
    float, pydantic.BeforeValidator(_size), written(_SIZE.pattern, examples=["512MiB"])
]
"""A size of memory or disk, written with its unit."""

Share = Annotated[float, pydantic.BeforeValidator(_share), written(_SHARE.pattern, examples=["5%"])]
"""A share, written as `5%`; of a core where it is about CPU."""

Values = Annotated[
    tuple[str, ...],
    pydantic.BeforeValidator(lambda given: (given,) if isinstance(given, str) else given),
    pydantic.Field(min_length=1),
    OneOrSeveral(),
]
"""One value, or a list of several."""
