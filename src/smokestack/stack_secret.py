"""A secret of a stack file: where it stands."""

from __future__ import annotations

from typing import Self

import pydantic

from smokestack.system.units import Section


class Elsewhere(Section):
    """A secret that stands in an environment variable, or in a file."""

    model_config = pydantic.ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]}
    )

    env: str | None = None
    file: str | None = None

    @pydantic.model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("needs either `env: NAME` or `file: PATH`")
        return self


Secret = Elsewhere | str
