"""What a PromQL expression selects, and which labels it asks of what it selects.

An expression asks for labels by its groupings (`by`, `without`), by how it matches two sides
(`on`, `ignoring`, `group_left`, `group_right`), and by what it makes labels of. Which selectors
must have them is for `label_sources` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    LabelModifierType,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

from smokestack.label_sources import Source, is_scalar, source_of
from smokestack.matchers import NAME, Selector, parse, selector_of


@dataclass(frozen=True, slots=True)
class Demand:
    """A label that a part of an expression asks for, and by which words: `sum by (service)`."""

    label: str
    by: str
    source: Source


@dataclass(frozen=True)
class Reading:
    """All that an expression selects, and all labels that it asks for."""

    selectors: tuple[Selector, ...]
    demands: tuple[Demand, ...]


def read(expr: str) -> Reading:
    """Read a PromQL expression. Raises ValueError where it cannot be parsed, or has parts that
    are not known here: nothing of it is passed over.
    """
    nodes = list(_nodes(parse(expr)))
    selected = [selector_of(node) for node in nodes if isinstance(node, VectorSelector)]
    demands = [demand for node in nodes for demand in _demands(node) if demand.label != NAME]
    return Reading(tuple(dict.fromkeys(selected)), tuple(dict.fromkeys(demands)))


def _nodes(node: Expr) -> Iterator[Expr]:
    yield node
    for child in _children(node):
        yield from _nodes(child)


def _children(node: Expr) -> list[Expr]:
    match node:
        case VectorSelector() | NumberLiteral() | StringLiteral():
            return []
        case MatrixSelector():
            return [node.vector_selector]
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return [node.expr]
        case AggregateExpr():
            return [node.expr, *([node.param] if node.param is not None else [])]
        case BinaryExpr():
            return [node.lhs, node.rhs]
        case Call():  # the matchers that info() is given choose labels, not series
            return node.args[:1] if node.func.name == "info" else node.args
    raise ValueError(f"a {type(node).__name__} is not known here: {node}")


def _demands(node: Expr) -> Iterator[Demand]:
    """The labels that one node asks for."""
    if isinstance(node, AggregateExpr):
        yield from _of_aggregation(node)
    elif isinstance(node, BinaryExpr) and not (is_scalar(node.lhs) or is_scalar(node.rhs)):
        yield from _of_matching(node)
    elif isinstance(node, Call):
        yield from _of_call(node)


def _of_aggregation(node: AggregateExpr) -> Iterator[Demand]:
    if node.modifier is None:
        return
    by = node.modifier.type == AggModifierType.By
    words = f"{node.op} {'by' if by else 'without'} ({', '.join(node.modifier.labels)})"
    for label in node.modifier.labels:
        source = source_of(node.expr, label)
        if by or source.selectors:  # leaving out what is left out already does no harm
            yield Demand(label, words, source)


def _of_matching(node: BinaryExpr) -> Iterator[Demand]:
    modifier = node.modifier
    if modifier is None:
        return
    if modifier.matching is not None:
        on = modifier.matching.type == LabelModifierType.Include
        words = f"{'on' if on else 'ignoring'} ({', '.join(modifier.matching.labels)})"
        for label in modifier.matching.labels:
            sides = (source_of(node.lhs, label), source_of(node.rhs, label))
            source = Source(all_of=sides) if on else Source(any_of=sides)
            if on or source.selectors:
                yield Demand(label, words, source)
    left = modifier.card == VectorMatchCardinality.ManyToOne
    words = f"group_{'left' if left else 'right'} ({', '.join(modifier.group_labels or ())})"
    for label in modifier.group_labels or ():
        yield Demand(label, words, source_of(node.rhs if left else node.lhs, label))


def _of_call(node: Call) -> Iterator[Demand]:
    name, texts = node.func.name, [getattr(one, "val", "") for one in node.args]
    sources = {"label_replace": texts[3:4], "label_join": texts[3:]}.get(name, [])
    for label in filter(None, sources):  # label_replace(x, "new", "value", "", "") has none
        yield Demand(label, f"{name} to {texts[1]}", source_of(node.args[0], label))
    if name == "histogram_quantile":
        source = source_of(node.args[1], "le")
        below = [one for one in _nodes(node.args[1]) if isinstance(one, VectorSelector)]
        names = [selector_of(one).metric or "" for one in below]
        if names and all(one.endswith("_bucket") for one in names):  # native ones have no `le`
            yield Demand("le", name, source)
