"""What an expression selects, and of which selectors its labels are asked."""

from __future__ import annotations

import pytest

from smokestack.expressions import read
from smokestack.label_sources import Source


def selected(expr: str) -> list[str]:
    """The selectors of an expression, in order."""
    return [str(one) for one in read(expr).selectors]


def shown(source: Source) -> str:
    """A source as text: which selectors must have the label."""
    if source.selector is not None:
        return str(source.selector)
    if source.any_of is not None:
        return f"any({', '.join(map(shown, source.any_of))})"
    return f"all({', '.join(map(shown, source.all_of))})"


def asked(expr: str) -> list[str]:
    """The labels that an expression asks for, each with what asks and of whom."""
    return [f"{one.label} by {one.by}: {shown(one.source)}" for one in read(expr).demands]


MADE, LEFT_OUT = "all()", "any()"


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("x", ["x"]),
        ('rate(x{a="b"}[5m] offset 1w @ end()) > 5', ['x{a="b"}']),
        ("max_over_time(sum(rate(x[5m]))[1h:1m] offset -1d)", ["x"]),
        ("x unless y or absent(z)", ["x", "y", "z"]),
        ("absent_over_time(x{a!~'b'}[5m])", ['x{a!~"b"}']),
        ('{__name__=~"a|b", c!="d"}', ['{__name__=~"a|b",c!="d"}']),
        ('{"my.metric", "my.label"="é"}', ['{__name__="my.metric","my.label"="é"}']),
        ('{__name__="x"}', ["x"]),
        ("x + x offset 5m", ["x"]),
        ("topk(scalar(n), x)", ["x", "n"]),
        ("quantile(0.9, -(x)) + clamp_max(y, scalar(z))", ["x", "y", "z"]),
        ('info(x, {k="v"})', ["x"]),
        (r'x{a=~"5\\.[0-9]\"\n"}', [r'x{a=~"5\\.[0-9]\"\n"}']),
        ("vector(0) + time() * 2", []),
        ('label_replace(x, "d", "$1", "s", "(.*)")', ["x"]),
    ],
)
def test_every_selector_is_found(expr: str, expected: list[str]) -> None:
    """Wherever it stands; offsets, ranges and `@` are no part of it, and each is told once."""
    assert selected(expr) == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(x)", []),
        ("sum by () (x)", []),
        ("sum by (a) (rate(x[5m]))", ["a by sum by (a): x"]),
        ("sum(x) by (a, b)", ["a by sum by (a, b): x", "b by sum by (a, b): x"]),
        ("sum by (__name__) (x)", []),
        ("sum without (a) (x)", ["a by sum without (a): x"]),
        # An aggregation within decides what is left to ask for.
        ("sum by (a) (sum by (b) (x))", [f"a by sum by (a): {LEFT_OUT}", "b by sum by (b): x"]),
        ("sum by (a) (sum(x))", [f"a by sum by (a): {LEFT_OUT}"]),
        ("sum by (a) (topk(3, x))", ["a by sum by (a): x"]),
        ("sum by (a) (topk by (b) (3, x))", ["a by sum by (a): x", "b by topk by (b): x"]),
        ("sum without (a) (sum by (b) (x))", ["b by sum by (b): x"]),
        ("sum by (a) (max without (a) (x))",
         [f"a by sum by (a): {LEFT_OUT}", "a by max without (a): x"]),
        # Matching: `on` asks both sides, `ignoring` any of them, group_left the side of one.
        ("x and on (a) y", ["a by on (a): all(x, y)"]),
        ("x or on () vector(0)", []),
        ("x / ignoring (a) group_left sum without (a) (y)",
         [f"a by ignoring (a): any(x, {LEFT_OUT})", "a by sum without (a): y"]),
        ("sum(x) / ignoring (a) sum(y)", []),
        ("x * on (a) group_left (b) y", ["a by on (a): all(x, y)", "b by group_left (b): y"]),
        ("x * on (a) group_right (b) y", ["a by on (a): all(x, y)", "b by group_right (b): x"]),
        ("sum by (b, c) (x * on () group_left (b) y)",
         ["b by sum by (b, c): y", "c by sum by (b, c): x", "b by group_left (b): y"]),
        ("sum by (c) (x * on () group_right (b) y)",
         ["c by sum by (c): y", "b by group_right (b): x"]),
        ("sum by (a) (x + y)", ["a by sum by (a): all(x, y)"]),
        ("sum by (a) (x + on (b) y)", [f"a by sum by (a): {LEFT_OUT}", "b by on (b): all(x, y)"]),
        ("sum by (a) (x + ignoring (a) y)",
         [f"a by sum by (a): {LEFT_OUT}", "a by ignoring (a): any(x, y)"]),
        ("sum by (a) (x unless y)", ["a by sum by (a): x"]),
        ("sum by (a) (x or y)", ["a by sum by (a): all(x, y)"]),
        ("sum by (a) (x or vector(0))", ["a by sum by (a): all(x)"]),
        ("sum by (a) (2 * -(x) > bool 1)", ["a by sum by (a): x"]),
        ("sum by (a) (x * scalar(y))", ["a by sum by (a): x"]),
        ("sum by (a) (vector(1) or vector(2))", [f"a by sum by (a): {LEFT_OUT}"]),
        # What makes a label is not asked whether its series have it.
        ('sum by (d) (label_replace(x, "d", "$1", "s", "(.*)"))',
         [f"d by sum by (d): {MADE}", "s by label_replace to d: x"]),
        ('sum by (d, e) (label_replace(x, "d", "new", "", ""))',
         [f"d by sum by (d, e): {MADE}", "e by sum by (d, e): x"]),
        ('label_replace(x, "s", "$1", "s", "(.*):.*")', ["s by label_replace to s: x"]),
        ('label_join(x, "d", "-", "a", "b")',
         ["a by label_join to d: x", "b by label_join to d: x"]),
        ('count_values("v", x) * on (v) group_left () y', [f"v by on (v): all({MADE}, y)"]),
        ('sum by (job) (absent(x{job="j", a!="b"}))', [f"job by sum by (job): {MADE}"]),
        ('sum by (a) (absent_over_time(x{a!="b"}[5m]))', [f"a by sum by (a): {LEFT_OUT}"]),
        ("sum by (a) (absent(sum(x)))", [f"a by sum by (a): {LEFT_OUT}"]),
        ("sum by (a) (info(x))", [f"a by sum by (a): {MADE}"]),
        # Classic histograms need their buckets to the end; native ones have none.
        ("histogram_quantile(0.9, sum by (a, le) (rate(x_bucket[5m])))",
         ["le by histogram_quantile: x_bucket", "a by sum by (a, le): x_bucket",
          "le by sum by (a, le): x_bucket"]),
        ("histogram_quantile(0.9, sum by (a) (rate(x_bucket[5m])))",
         [f"le by histogram_quantile: {LEFT_OUT}", "a by sum by (a): x_bucket"]),
        ("histogram_quantile(0.9, sum(rate(x[5m])))", []),
        ("sum by (le) (histogram_quantile(0.9, x))", [f"le by sum by (le): {LEFT_OUT}"]),
    ],
)  # fmt: skip
def test_labels_are_asked_of_those_that_must_have_them(expr: str, expected: list[str]) -> None:
    """Groupings and matching ask, and what lies between decides of whom."""
    assert asked(expr) == expected


@pytest.mark.parametrize("expr", ["rate(x", "", 'x{a="b" or c="d"}', "no_such_function(x)"])
def test_what_cannot_be_read_is_refused(expr: str) -> None:
    """Nothing is passed over: a part that is not understood could be the blind one."""
    with pytest.raises(ValueError, match=r"not PromQL: .+, in: |between matchers"):
        read(expr)
