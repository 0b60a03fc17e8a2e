"""Finds and reads the expectations of a system."""

from __future__ import annotations

import difflib
from pathlib import Path

from smokestack import yaml_file
from smokestack.errors import UsageError
from smokestack.system.schema import System


def names(root: Path) -> list[str]:
    """The systems that a checkout has: folders under systems/ with a system.yaml."""
    return sorted(path.parent.name for path in (root / "systems").glob("*/system.yaml"))


def load_system(root: Path, name: str) -> System:
    """Read systems/<name>/system.yaml.

    Raises UsageError for an unknown name, ConfigError (file, line, key, what is allowed) for a
    file that does not say what it should.
    """
    known = names(root)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        guess = f"did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"there is no system {name!r} under {root / 'systems'}",
            hint=f"{guess}known: {', '.join(known) or 'none'}",
        )
    return yaml_file.validate(yaml_file.read(root / "systems" / name / "system.yaml"), System)
