"""Sentences for what pydantic found wrong: the key, what was found, what is allowed."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

import pydantic
from pydantic_core import ErrorDetails

Part = str | int

SENTENCE = "sentence"
"""The type of an error whose message says all there is to say about its key."""


def sentence(fault: ErrorDetails, model: type[pydantic.BaseModel]) -> str:
    """One error in one line."""
    loc = fault["loc"]
    where = key_path(loc) or "the document"
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key{_allowed_keys(str(loc[-1]), _fields_at(model, loc[:-1]))}"
    if fault["type"] == "missing":
        return f"{where}: this key must be there"
    if fault["type"] == SENTENCE:
        return f"{where}: {fault['msg']}"
    return f"{where}: found {_short(fault['input'])}{_allowed_values(fault)}"


def key_path(loc: Iterable[Part]) -> str:
    """A key path as people write it: `slos[0].objective`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".")


def _allowed_keys(key: str, allowed: Sequence[str]) -> str:
    if not allowed:
        return ""
    return f"{_did_you_mean(key, allowed)}; allowed here: {', '.join(sorted(allowed))}"


def _allowed_values(fault: ErrorDetails) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] in {"literal_error", "enum"}:
        allowed = str(fault["ctx"]["expected"]).replace(" or ", ", ")
        choices = [choice.strip("' ") for choice in allowed.split(",")]
        return f"{_did_you_mean(str(fault['input']), choices)}; allowed: {', '.join(choices)}"
    if message.startswith("Input should be "):
        return f"; allowed: {message.removeprefix('Input should be ')}"
    return f"; {message}"


def _did_you_mean(found: str, allowed: Iterable[str]) -> str:
    near = difflib.get_close_matches(found, list(allowed), n=1, cutoff=0.5)
    return f", did you mean '{near[0]}'?" if near else ""


def _short(value: object) -> str:
    text = repr(str(value) if isinstance(value, str) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fields_at(model: type[pydantic.BaseModel], loc: Sequence[Part]) -> list[str]:
    """The keys that the model allows in the mapping at `loc`."""
    here: list[Any] = [model]
    for part in loc:
        here = [inner for one in here for inner in _inside(one, part)] or here
    return [name for one in here if _is_model(one) for name in _keys(one)]


def _keys(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    return {
        info.alias or name: _alternatives(info.annotation)
        for name, info in model.model_fields.items()
    }


def _inside(annotation: Any, part: Part) -> list[Any]:
    """What may stand at `part` of a value of this type; nothing if it has no such part."""
    if _is_model(annotation):
        return list(_keys(annotation).get(str(part), []))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if not isinstance(origin, type) or not arguments:
        return []
    if issubclass(origin, Mapping):
        return list(_alternatives(arguments[1]))
    if issubclass(origin, Iterable) and isinstance(part, int):
        return list(_alternatives(arguments[0]))
    return []


def _alternatives(annotation: Any) -> Iterator[Any]:
    """The types that a union or an annotated type allows."""
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for arm in get_args(annotation):
            yield from _alternatives(arm)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)
