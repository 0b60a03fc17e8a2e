"""JSON schemas of the files that people write, for their editors: made from the models that read
them.

An editor marks with them what the file may not say. What needs more than one key at a time to be
told, and whether what a file names is there, is said when the file is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pydantic
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from smokestack.stack_file import StackFile
from smokestack.system import System

MODELS: Mapping[str, type[pydantic.BaseModel]] = {"stack": StackFile, "system": System}
"""What a schema may be of: the file of a stack that somebody else runs, and `system.yaml`."""

_JSON: Mapping[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "string": str,
}


class _Written(GenerateJsonSchema):
    """As people write the file: no titles made of its keys, and no default that could not be
    written so, such as seconds where `30s` is.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Keys are words already."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The default where it is of the type that is written."""
        inner = self.generate_inner(schema["schema"])
        kind, default = inner.get("type"), schema.get("default")
        plain = isinstance(kind, str) and isinstance(default, _JSON.get(kind, ()))
        return {**inner, "default": default} if plain else inner


def text_of(name: str) -> str:
    """The schema of one of `MODELS`, as JSON."""
    made = MODELS[name].model_json_schema(schema_generator=_Written)
    whole = {"$schema": GenerateJsonSchema.schema_dialect, **made}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
