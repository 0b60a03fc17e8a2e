"""What we may send to the application of a stack that somebody else runs.

The harness says it to the scenario's process, which keeps within it: both ends are written here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smokestack.endpoints import Tls
from smokestack.sharing import Shared


@dataclass(frozen=True)
class Leave:
    """At most `requests` in a run and `rate` a second, with `headers` beside their marks, over
    `tls`. `errors`: whether also those that are meant to fail.
    """

    requests: int
    rate: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may be secret
    tls: Tls = field(default_factory=Tls)
    errors: bool = False
    shared: Shared = field(default_factory=Shared)

    def lasts_s(self) -> float:
        """How long all of it may take at most, in seconds, without the answers' own time."""
        return self.requests / self.rate

    def to_text(self) -> str:
        """For the scenario's process. What is shared with whom is not its business."""
        tls = {name: str(file) for name, file in vars(self.tls).items() if file}
        said = {"requests": self.requests, "rate": self.rate, "errors": self.errors}
        return json.dumps({**said, "headers": dict(self.headers), "tls": tls})


def from_text(text: str) -> Leave:
    """As `to_text` said it."""
    said = json.loads(text)
    tls = Tls(**{name: Path(file) for name, file in said.pop("tls").items()})
    return Leave(**said, tls=tls)
