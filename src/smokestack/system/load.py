"""Finds and reads the expectations of a system."""

from __future__ import annotations

import difflib
from pathlib import Path

from smokestack import yaml_file
from smokestack.errors import ConfigError, UsageError
from smokestack.system import openslo
from smokestack.system.schema import System
from smokestack.system.slo import Slo, fault


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


def load_slos(root: Path, name: str, system: System) -> tuple[Slo, ...]:
    """Read the SLOs of a system: systems/<name>/slo/, each file named under `slos`.

    Raises ConfigError (file, line, key, what is allowed) for a file that is not an OpenSLO v1 SLO
    which can be judged, that does not go with system.yaml, or that system.yaml does not name.
    """
    folder = root / "systems" / name
    found: dict[str, Slo] = {}
    for client in system.slos:
        slo, document = openslo.read(folder / client.file)
        if wrong := fault(slo, client, system.application.entry):
            loc, why = wrong
            raise ConfigError(why, file=document.path, line=document.line(loc))
        if slo.name in found:
            other = found[slo.name].client.file
            line = document.line(("metadata", "name"))
            raise ConfigError(f"{other} has the name {slo.name} too", file=document.path, line=line)
        found[slo.name] = Slo(slo, client)
    named = {folder / client.file for client in system.slos}
    for file in sorted(folder.glob("slo/*.y*ml")):
        if file not in named:
            hint = f"add it there, as `file: slo/{file.name}`"
            raise ConfigError("is not under `slos` in system.yaml", file=file, hint=hint)
    return tuple(found.values())
