"""What sending a load cost its own process: a file beside the ledger, written as it ends."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from smokestack.pressure import Generator


def write(path: Path | None, generator: Generator) -> None:
    """Write it, where there is a place for it."""
    if path is not None:
        path.write_text(json.dumps(asdict(generator)) + "\n", encoding="utf-8")


def read(path: Path | None) -> Generator | None:
    """Read it back; None where the scenario left none, or none that can be read."""
    try:
        return Generator(**json.loads(path.read_text(encoding="utf-8"))) if path else None
    except (OSError, ValueError, TypeError):
        return None
