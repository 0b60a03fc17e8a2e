"""Selectors of series as PromQL has them: matchers on labels, the metric's name being one of them.

Plain values with their text. Durations, offsets and `@` are no part of a selector here: what it
selects is asked over a window of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

import promql_parser

NAME = "__name__"
_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """What the value of one label must be. `op` is `=`, `!=`, `=~` or `!~`."""

    label: str
    op: str
    value: str

    def __str__(self) -> str:
        return f"{label_text(self.label)}{self.op}{_quoted(self.value)}"

    @property
    def wants_none(self) -> bool:
        """Whether it asks for series without the label: `label=""`."""
        return self.op == "=" and not self.value

    @property
    def wants_some(self) -> bool:
        """Whether a series needs the label for it: Prometheus takes no selector without such."""
        return not self.takes("")

    def takes(self, value: str) -> bool:
        """Whether a series whose label has this value is meant; `""` is one without the label."""
        if self.op in ("=", "!="):
            return (self.op == "=") == (self.value == value)
        try:
            found = re.fullmatch(self.value, value) is not None
        except re.error:  # written for RE2, which knows more
            found = False
        return found == (self.op == "=~")


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by their labels."""

    matchers: tuple[Matcher, ...]

    def __str__(self) -> str:
        name, rest = self.metric, self.matchers
        if name is None or not _METRIC.fullmatch(name):
            return f"{{{','.join(map(str, rest))}}}"
        rest = tuple(one for one in rest if one.label != NAME)
        return f"{name}{{{','.join(map(str, rest))}}}" if rest else name

    @property
    def metric(self) -> str | None:
        """The metric's name; None where it is told by a pattern, or not at all."""
        names = (one.value for one in self.matchers if (one.label, one.op) == (NAME, "="))
        return next(names, None)

    @property
    def family(self) -> Selector:
        """The whole metric, whatever its labels: only what is said of the name. A selector that
        says nothing of the name stays as it is.
        """
        names = tuple(one for one in self.matchers if one.label == NAME)
        return Selector(names) if any(one.wants_some for one in names) else self

    @property
    def labelled(self) -> tuple[Matcher, ...]:
        """What is asked of its labels beyond the name."""
        return tuple(one for one in self.matchers if one.label != NAME)

    @property
    def sound(self) -> bool:
        """Whether Prometheus takes it: one matcher at least must want something to be there."""
        return any(one.wants_some for one in self.matchers)

    def but(self, matchers: Collection[Matcher]) -> Selector:
        """Without some of its matchers."""
        return Selector(tuple(one for one in self.matchers if one not in matchers))

    def also(self, *matchers: Matcher) -> Selector:
        """With more matchers."""
        return Selector((*self.matchers, *(one for one in matchers if one not in self.matchers)))

    def having(self, label: str) -> Selector:
        """Those of its series that have a label."""
        return self.also(Matcher(label, "!=", ""))


def parse(expr: str) -> promql_parser.Expr:
    """The tree of a PromQL expression.

    Raises:
        ValueError: it cannot be parsed; with the parser's words and the expression.
    """
    try:
        return promql_parser.parse(expr)
    except ValueError as error:
        raise ValueError(f"not PromQL: {error}, in: {expr.strip()}") from error


def selector_of(node: promql_parser.VectorSelector) -> Selector:
    """The selector of a tree's node. Raises ValueError for one that Prometheus does not know."""
    if node.matchers.or_matchers:
        raise ValueError(f"`or` between matchers is not Prometheus': {node}")
    name = (Matcher(NAME, "=", node.name),) if node.name else ()
    rest = tuple(Matcher(m.name, _operator(m), m.value) for m in node.matchers.matchers)
    return Selector(name + rest)


def _operator(node: promql_parser.Matcher) -> str:
    return _OPERATORS[str(node.op).rpartition(".")[2]]


def matcher_of(text: str) -> Matcher:
    """A matcher from its text, such as `status=~"5.."`; a metric's name alone is one on the name.

    Raises ValueError where it is neither.
    """
    if _METRIC.fullmatch(text):
        return Matcher(NAME, "=", text)
    try:
        node = parse(f"{{{text}}}")
        found = selector_of(node) if isinstance(node, promql_parser.VectorSelector) else None
    except ValueError:
        found = None
    if found is None or len(found.matchers) != 1:
        raise ValueError(
            f'{text!r} is neither a matcher such as status=~"5.." nor a metric\'s name'
        )
    return found.matchers[0]


def label_text(label: str) -> str:
    """A label's name as PromQL has it: in quotes where it is not a plain word."""
    return label if _LABEL.fullmatch(label) else _quoted(label)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
