"""What must be true of what the collector takes: from whom, and what of it is not passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import pydantic

from smokestack.system.units import Section

PLACE = "{secret}"
"""In what is sent, it stands for a text that occurs nowhere else."""


def _with_secret(text: str) -> str:
    if PLACE not in text:
        raise ValueError(f"{PLACE} must stand in it, where the secret is")
    return text


Secretive = Annotated[str, pydantic.AfterValidator(_with_secret)]


class Cors(Section):
    """Origins whose pages may send to it, and some whose pages may not."""

    allowed: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    refused: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]


class Scrubbing(Section):
    """What is sent with a secret in it, by attributes of spans and lines and by lines themselves,
    and attributes that must arrive as they are.
    """

    attributes: Annotated[Mapping[str, Secretive], pydantic.Field(min_length=1)]
    lines: Annotated[tuple[Secretive, ...], pydantic.Field(min_length=1)]
    kept: Annotated[Mapping[str, str], pydantic.Field(min_length=1)]


class Collector(Section):
    """The collector's limits."""

    cors: Cors
    scrubbing: Scrubbing
