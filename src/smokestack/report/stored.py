"""Reads `run.json` back: the same result model, so that any writer can render it later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from smokestack.errors import ConfigError, UsageError
from smokestack.results import SCHEMA, RunResult

SHOWN = 3
"""Complaints about a file that are written out."""
JUDGED = (
    "verdict", "summary", "findings", "evidence", "allowed_s", "took_s", "measurements", "polls",
    "cause",
)  # fmt: skip
"""Keys of a check in `run.json` that the model keeps in its judgement."""


def read(path: Path) -> RunResult:
    """The run that a `run.json` tells of; `path` is the file, or the folder that has it.

    Raises UsageError where there is none, ConfigError (file, and line or key) for a file that is
    not a `run.json` of this schema.
    """
    file = path / "run.json" if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}",
            hint="name the run.json of a run, or its folder, such as reports/latest",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("this is no JSON: it is not UTF-8", file=file) from error
    except json.JSONDecodeError as error:
        raise ConfigError(f"this is no JSON: {error.msg}", file=file, line=error.lineno) from error
    return from_data(data, file)


def from_data(data: object, file: Path) -> RunResult:
    """The model from plain data; `file` is named in what is wrong with it (ConfigError)."""
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(data, dict) or schema != SCHEMA:
        raise ConfigError(
            f"this is no run.json of schema {SCHEMA}, but {schema or 'without a schema'}",
            file=file,
            hint="render it with the smokestack that wrote it",
        )
    try:
        return TypeAdapter(RunResult).validate_python(_nested(data))
    except ValidationError as error:
        wrong = [f"{_place(one['loc'])}: {one['msg']}" for one in error.errors()[:SHOWN]]
        raise ConfigError("; ".join(wrong), file=file) from error


def _nested(data: Mapping[str, Any]) -> dict[str, Any]:
    checks, ways = data.get("checks"), _waterfalls(data.get("waterfalls"))
    nested = [_check(one, ways) for one in checks] if isinstance(checks, list) else checks
    return {**data, "checks": nested}


def _waterfalls(ways: object) -> dict[object, object]:
    """Each signal's way, by the id of the check that timed it."""
    if not isinstance(ways, list):
        return {}
    return {one.get("check"): one for one in ways if isinstance(one, dict)}


def _check(check: object, ways: Mapping[object, object]) -> object:
    if not isinstance(check, dict):
        return check
    judgement = {key: check[key] for key in JUDGED if key in check}
    judgement["waterfall"] = ways.get(str(check.get("id")))
    return {**check, "judgement": judgement}


def _place(location: tuple[int | str, ...]) -> str:
    keys = [key for key in location if key != "judgement"]
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
