"""Which rule files an alert's rule depends on: its own, and those that record what it selects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from smokestack import yaml_file
from smokestack.expressions import read


def needed(alerts: Collection[str], files: Sequence[Path]) -> list[Path]:
    """The files with these alerts, and with every series that their rules, or the rules of those,
    select; all files where an expression cannot be read or selects series without a name.
    """
    rules = {file: list(_rules(file)) for file in files}
    wanted = {f for f, found in rules.items() if any(r.get("alert") in alerts for r in found)}
    while True:
        try:
            names = {name for file in wanted for rule in rules[file] for name in _selects(rule)}
        except ValueError:
            return list(files)
        more = {f for f, found in rules.items() if any(r.get("record") in names for r in found)}
        if more <= wanted:
            return [file for file in files if file in wanted]
        wanted |= more


def _rules(file: Path) -> Iterator[Mapping[str, Any]]:
    document = yaml_file.read(file).data or {}
    for group in document.get("groups") or []:
        yield from group.get("rules") or []


def _selects(rule: Mapping[str, Any]) -> Iterator[str]:
    for selector in read(str(rule.get("expr", ""))).selectors:
        if selector.metric is None:
            raise ValueError(f"{selector} has no name")
        yield selector.metric
