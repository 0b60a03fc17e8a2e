"""What a scenario says when its users stand at the gate: how many requests it will send."""

from __future__ import annotations

import json
from pathlib import Path


def write(path: Path, total: int | None) -> None:
    """Write it, whole at once. None: as many as it is let."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(total), encoding="utf-8")
    fresh.replace(path)


def read(path: Path) -> int | None:
    """How many it will send; None where it does not know."""
    total = json.loads(path.read_text(encoding="utf-8"))
    return total if isinstance(total, int) else None
