"""Which rule files an alert's rule depends on: its own, and those that record what it selects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from smokestack import yaml_file
from smokestack.expressions import read
from smokestack.matchers import NAME, Selector


def needed(alerts: Collection[str], files: Sequence[Path]) -> list[Path]:
    """The files with these alerts, and with every series that their rules, or the rules of those,
    select; all files where an expression cannot be read or selects series without a name.

    A series that is recorded with another label than a selector asks for is none of those: all
    SLOs are recorded under the same names.
    """
    rules = {file: list(_rules(file)) for file in files}
    wanted = {f for f, found in rules.items() if any(r.get("alert") in alerts for r in found)}
    while True:
        try:
            asked = {one for file in wanted for rule in rules[file] for one in _selects(rule)}
        except ValueError:
            return list(files)
        more = {
            file
            for file, found in rules.items()
            if any(_feeds(rule, one) for rule in found for one in asked)
        }
        if more <= wanted:
            return [file for file in files if file in wanted]
        wanted |= more


def _rules(file: Path) -> Iterator[Mapping[str, Any]]:
    document = yaml_file.read(file).data or {}
    for group in document.get("groups") or []:
        yield from group.get("rules") or []


def _selects(rule: Mapping[str, Any]) -> Iterator[Selector]:
    for selector in read(str(rule.get("expr", ""))).selectors:
        if selector.metric is None:
            raise ValueError(f"{selector} has no name")
        yield selector


def _feeds(rule: Mapping[str, Any], selector: Selector) -> bool:
    """Whether a rule records what a selector may select."""
    labels = rule.get("labels") or {}
    return rule.get("record") == selector.metric and all(
        str(labels.get(one.label, one.value)) == one.value
        for one in selector.matchers
        if one.op == "=" and one.label != NAME
    )
