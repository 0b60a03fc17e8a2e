"""The control file: how the harness tells a running scenario which phase it is in.

A small JSON object, `{"phase": "burst", "error_ratio": 0.06}`, replaced atomically. `wait` holds
the users at the gate and `stop` ends the scenario; any other phase lets requests flow. An absent
file lets them flow too.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import LoadError

WAIT = "wait"
GO = "go"
STOP = "stop"

TOLD = "it was told to stop"
"""The reason that a ledger gives when `stop` ended its scenario."""


@dataclass(frozen=True)
class Control:
    """What the control file says. None means: as before. At a rate of 0 nothing is sent."""

    phase: str = GO
    error_ratio: float | None = None
    rate: float | None = None
    latency_s: float | None = None


def write(path: Path, control: Control) -> None:
    """Replace the control file; a reader sees the old one or the new one, never half of it."""
    said = {key: value for key, value in vars(control).items() if value is not None}
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(said), encoding="utf-8")
    os.replace(fresh, path)  # noqa: PTH105 - the same call, and the one that says "atomic"


def parse(text: str) -> Control:
    """Read a control file's text.

    Raises:
        LoadError: it is not an object of `phase`, `error_ratio`, `rate` and `latency_s`, in range.
    """
    try:
        control = Control(**json.loads(text))
        ratio, rate, latency_s = (
            one or 0.0 for one in (control.error_ratio, control.rate, control.latency_s)
        )
        valid = isinstance(control.phase, str) and 0 <= ratio <= 1 and min(rate, latency_s) >= 0
    except (ValueError, TypeError) as error:
        raise LoadError(f"the control file cannot be read: {error}: {text[:200]!r}") from error
    if not valid:
        raise LoadError(f"the control file is out of range: {text[:200]!r}")
    return control


def read_text(path: Path | None) -> str | None:
    """The control file's text, or None when there is none."""
    try:
        return path.read_text(encoding="utf-8") if path else None
    except FileNotFoundError:
        return None
