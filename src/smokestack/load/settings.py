"""What a scenario's process is told by its environment: both ends of it.

The harness writes it with `to_environ`, the scenario reads it with `from_environ`. Started by
hand, without any of it, a scenario gets defaults that make sense in a terminal.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from smokestack import leave
from smokestack.errors import UsageError
from smokestack.leave import Leave

T = TypeVar("T")

OFF = "off"
"""As the ledger's path: keep none. For measuring what keeping one costs."""

READY_SUFFIX = ".ready"
GENERATOR_SUFFIX = ".generator.json"


@dataclass(frozen=True)
class Settings:
    """A scenario's parameters. None leaves a figure to the scenario. `seconds` is how long its
    requests are to come, `max_seconds` after how many it ends in any case. `leave` is there where
    somebody else runs the application.
    """

    run_id: str
    load: str
    ledger: Path | None
    control: Path | None = None
    total: int | None = None
    rate: float | None = None
    users: int | None = None
    seconds: float | None = None
    max_seconds: float = 120.0
    allow_remote: bool = False
    system: str | None = None
    leave: Leave | None = None

    @property
    def ready(self) -> Path | None:
        """The marker that the scenario leaves when its users stand at the gate."""
        return self.ledger.with_name(self.ledger.name + READY_SUFFIX) if self.ledger else None

    @property
    def generator(self) -> Path | None:
        """The file in which the scenario says what sending cost it."""
        suffix = GENERATOR_SUFFIX
        return self.ledger.with_name(self.ledger.name + suffix) if self.ledger else None

    def to_environ(self) -> dict[str, str]:
        """These settings as environment variables."""
        said = {
            "SMOKESTACK_RUN_ID": self.run_id,
            "SMOKESTACK_LOAD": self.load,
            "SMOKESTACK_LEDGER": str(self.ledger) if self.ledger else OFF,
            "SMOKESTACK_SYSTEM": self.system,
            "SMOKESTACK_CONTROL": str(self.control) if self.control else None,
            "SMOKESTACK_TOTAL": self.total,
            "SMOKESTACK_RATE": self.rate,
            "SMOKESTACK_USERS": self.users,
            "SMOKESTACK_SECONDS": self.seconds,
            "SMOKESTACK_MAX_SECONDS": self.max_seconds,
            "SMOKESTACK_ALLOW_REMOTE": "1" if self.allow_remote else None,
            "SMOKESTACK_LEAVE": self.leave.to_text() if self.leave else None,
        }
        return {key: str(value) for key, value in said.items() if value is not None}


def from_environ(environ: Mapping[str, str], *, scenario: str) -> Settings:
    """Read the settings of `scenario`.

    Raises:
        UsageError: a figure is not one, or not above zero.
    """
    ledger = environ.get("SMOKESTACK_LEDGER", "ledger.jsonl")
    control = environ.get("SMOKESTACK_CONTROL")
    return Settings(
        run_id=environ.get("SMOKESTACK_RUN_ID") or f"hand-{secrets.token_hex(4)}",
        load=environ.get("SMOKESTACK_LOAD") or scenario,
        ledger=None if ledger == OFF else Path(ledger),
        system=environ.get("SMOKESTACK_SYSTEM"),
        control=Path(control) if control else None,
        total=_figure(environ, "SMOKESTACK_TOTAL", int),
        rate=_figure(environ, "SMOKESTACK_RATE", float),
        users=_figure(environ, "SMOKESTACK_USERS", int),
        seconds=_figure(environ, "SMOKESTACK_SECONDS", float),
        max_seconds=_figure(environ, "SMOKESTACK_MAX_SECONDS", float) or 120.0,
        allow_remote=environ.get("SMOKESTACK_ALLOW_REMOTE") == "1",
        leave=leave.from_text(said) if (said := environ.get("SMOKESTACK_LEAVE")) else None,
    )


def _figure(environ: Mapping[str, str], key: str, read: Callable[[str], T]) -> T | None:
    text = environ.get(key)
    if not text:
        return None
    try:
        figure = read(text)
        if figure > 0:  # type: ignore[operator]
            return figure
    except ValueError:
        pass
    raise UsageError(f"{key} must be a number above zero, not {text!r}")
