"""What can be said of a system's files before anything is started: that its rules and what must be
true of alerts go together, and that expressions can be read.

Which alerts are loaded is still for Prometheus to say (`alerts.rules-loaded`): a file may be right,
and never be read.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smokestack import yaml_file
from smokestack.errors import ConfigError
from smokestack.matchers import parse
from smokestack.system import System
from smokestack.yaml_file import Document


@dataclass(frozen=True)
class RuleAt:
    """A rule as its file has it, and the line where it begins. `alert` is empty for a recording
    rule.
    """

    file: Path
    line: int | None
    alert: str
    expr: str
    expr_line: int | None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def rules_in(files: Sequence[Path]) -> list[RuleAt]:
    """Every rule of these files. Raises ConfigError for one that is not sound YAML."""
    return [rule for file in files for rule in _rules(yaml_file.read(file))]


def _rules(document: Document) -> Iterator[RuleAt]:
    for g, group in enumerate(_listed(document.data, "groups")):
        for r, rule in enumerate(_listed(group, "rules")):
            if isinstance(rule, Mapping):
                at = ("groups", g, "rules", r)
                yield RuleAt(
                    document.path,
                    document.line((*at, "alert")),
                    str(rule.get("alert", "")),
                    str(rule.get("expr", "")),
                    document.line((*at, "expr")),
                )


def _listed(data: Any, key: str) -> Sequence[Any]:
    """The entries of a list; none where the file has something else, which Prometheus refuses."""
    found = data.get(key) if isinstance(data, Mapping) else None
    return found if isinstance(found, list) else []


def require_alerts(system: System, document: Document, files: Sequence[Path]) -> None:
    """Raise ConfigError where an alert of system.yaml is in no rule file, where one of a rule file
    is not in system.yaml, or where an expression is not PromQL: all of it, each with its line.
    """
    rules = rules_in(files)
    faults = [*_unread(rules), *_unknown(system, document, rules), *_unnamed(system, rules)]
    if faults:
        (file, line, text), rest = faults[0], faults[1:]
        more = "".join(f"\n{file}:{line}: {text}" for file, line, text in rest)
        raise ConfigError(text + more, file=file, line=line)


Fault = tuple[Path, int | None, str]


def _unread(rules: Sequence[RuleAt]) -> Iterator[Fault]:
    for rule in rules:
        try:
            parse(rule.expr)
        except ValueError as error:
            yield rule.file, rule.expr_line, f"{rule.alert or 'a recording rule'}: {error}"


def _unknown(system: System, document: Document, rules: Sequence[RuleAt]) -> Iterator[Fault]:
    by_name = {rule.alert: rule for rule in rules if rule.alert}
    for number, alert in enumerate(system.alerts):
        if alert.alert not in by_name:
            near = difflib.get_close_matches(alert.alert, by_name, n=1)
            guess = f"; did you mean {near[0]!r}, at {by_name[near[0]]}?" if near else ""
            text = f"alerts[{number}].alert: no rule has the alert {alert.alert!r}{guess}"
            yield document.path, document.line(("alerts", number, "alert")), text


def _unnamed(system: System, rules: Sequence[RuleAt]) -> Iterator[Fault]:
    known = {alert.alert for alert in system.alerts}
    for name, rule in {rule.alert: rule for rule in rules if rule.alert}.items():
        if name not in known:
            yield rule.file, rule.line, f"the alert {name!r} is not under `alerts` in system.yaml"
