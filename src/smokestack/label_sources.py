"""From where the results of a PromQL expression have a label.

From the series that it selects, but for what the expression does to them on the way: a label that
`label_replace` makes is asked of nobody, one that an aggregation has left out comes from nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    SubqueryExpr,
    UnaryExpr,
    ValueType,
    VectorMatchCardinality,
    VectorSelector,
)

from smokestack.matchers import Selector, selector_of

PICKS = ("topk", "bottomk", "limitk", "limit_ratio")
"""Aggregations that keep the series they choose as they are."""
ABSENT = ("absent", "absent_over_time")
_SERIES = (ValueType.Vector, ValueType.Matrix)


@dataclass(frozen=True, slots=True)
class Source:
    """From where a label comes: from the series of a selector, or from all or any of several
    sources. All of none is a label that the expression makes; any of none one that it left out.
    """

    selector: Selector | None = None
    all_of: tuple[Source, ...] = ()
    any_of: tuple[Source, ...] | None = None

    def holds(self, has: Callable[[Selector], bool]) -> bool:
        """Whether the label is there, if `has` says which selectors have it."""
        if self.selector is not None:
            return has(self.selector)
        if self.any_of is not None:
            return any(one.holds(has) for one in self.any_of)
        return all(one.holds(has) for one in self.all_of)

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """Every selector that it may come from."""
        if self.selector is not None:
            return (self.selector,)
        found = [one.selectors for one in (*self.all_of, *(self.any_of or ()))]
        return tuple(dict.fromkeys(selector for each in found for selector in each))

    @property
    def possible(self) -> bool:
        """Whether there is anything that it could come from."""
        return self.holds(lambda _: True)


MADE = Source()
LEFT_OUT = Source(any_of=())


def source_of(node: Expr, label: str) -> Source:
    """From where the results of an expression have a label."""
    match bare(node):
        case VectorSelector() as selector:
            return Source(selector_of(selector))
        case AggregateExpr() as aggregation:
            return _through_aggregation(aggregation, label)
        case BinaryExpr() as operation:
            return _through_matching(operation, label)
        case Call() as call:
            return _through_call(call, label)
    return LEFT_OUT


def bare(node: Expr) -> Expr:
    """What stands within brackets, a sign, a subquery or a range: labels pass through those."""
    while isinstance(node, ParenExpr | UnaryExpr | SubqueryExpr | MatrixSelector):
        node = node.vector_selector if isinstance(node, MatrixSelector) else node.expr
    return node


def _through_aggregation(node: AggregateExpr, label: str) -> Source:
    op, modifier = str(node.op), node.modifier
    if op == "count_values" and getattr(node.param, "val", None) == label:
        return MADE
    by = modifier is None or modifier.type == AggModifierType.By
    kept = op in PICKS or (label in (modifier.labels if modifier else ())) == by
    return source_of(node.expr, label) if kept else LEFT_OUT


def _through_call(node: Call, label: str) -> Source:
    name = node.func.name
    if name in ("label_replace", "label_join", "histogram_quantiles"):
        made: Any = getattr(node.args[1], "val", None)
        if made == label:
            return MADE
    if name == "info":
        return MADE  # which labels it adds is not in the expression
    if name in ABSENT:
        return _of_absence(node.args[0], label)
    if name.startswith("histogram_quantile") and label == "le":
        return LEFT_OUT
    given = zip(node.args, node.func.arg_types, strict=False)
    series = (one for one, kind in given if kind in _SERIES)
    first = None if node.func.return_type == ValueType.Scalar else next(series, None)
    return source_of(first, label) if first is not None else LEFT_OUT


def _of_absence(node: Expr, label: str) -> Source:
    """absent() has the labels for which its selector names one value."""
    inner = bare(node)
    if not isinstance(inner, VectorSelector):
        return LEFT_OUT
    about = [one for one in selector_of(inner).matchers if one.label == label]
    return MADE if [one.op for one in about] == ["="] else LEFT_OUT


def _through_matching(node: BinaryExpr, label: str) -> Source:
    op, modifier = str(node.op), node.modifier
    if op in ("and", "unless") or is_scalar(node.rhs):
        return source_of(node.lhs, label)
    if is_scalar(node.lhs):
        return source_of(node.rhs, label)
    both = (source_of(node.lhs, label), source_of(node.rhs, label))
    if op == "or":  # a side that can never have it, as vector(0), stands for no data
        sides = tuple(one for one in both if one.possible)
        return Source(all_of=sides) if sides else LEFT_OUT
    if modifier is None or modifier.card == VectorMatchCardinality.OneToOne:
        return Source(all_of=both) if _kept_by(modifier, label) else LEFT_OUT
    left = modifier.card == VectorMatchCardinality.ManyToOne
    many, one = both if left else (both[1], both[0])
    return one if label in (modifier.group_labels or ()) else many


def _kept_by(modifier: Any, label: str) -> bool:
    """Whether one-to-one matching leaves a label on its results."""
    matching = modifier.matching if modifier else None
    if matching is None:
        return True
    on = matching.type == LabelModifierType.Include
    return bool((label in matching.labels) == on)


def is_scalar(node: Expr) -> bool:
    """Whether a part is a number, which has no labels."""
    inner = bare(node)
    if isinstance(inner, BinaryExpr):
        return is_scalar(inner.lhs) and is_scalar(inner.rhs)
    if isinstance(inner, Call):
        return bool(inner.func.return_type == ValueType.Scalar)
    return isinstance(inner, NumberLiteral)
