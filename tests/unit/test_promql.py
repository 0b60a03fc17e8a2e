"""Expressions keep their meaning but for their durations."""

from __future__ import annotations

import re

import pytest

from smokestack.stack import promql


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("rate(x[5m]) > 0.05", "rate(x[5s]) > 0.05"),
        ("max_over_time(rate(x[5m])[1h:1m])", "max_over_time(rate(x[5s])[1m:1s])"),
        ("max_over_time(x[1h:])", "max_over_time(x[1m:])"),
        ("x offset 5m", "x offset 5s"),
        ("x offset -1h", "x offset -1m"),
        ("x[5m]offset - 1h", "x[5s]offset - 1m"),
        ("rate(x[5m] @ end() offset 1w)", "rate(x[5s] @ end() offset 2h48m)"),
        ("increase(x[10m]) > 3", "increase(x[10s]) > 3"),
        ("rate(x[90s])", "rate(x[1s500ms])"),
        ("rate(x[300])", "rate(x[5s])"),
        ("rate(x[0x3c])", "rate(x[1s])"),
        ("rate(x[1s])", "rate(x[17ms])"),
        ("rate( x [ 1h30m ] )  # over [5m]", "rate( x [ 1m30s ] )  # over [5m]"),
        ('x{a="rate(y[5m]) offset 5m"}', 'x{a="rate(y[5m]) offset 5m"}'),
        ('x{a=\'[5m]\', b="\\"[5m]"}', 'x{a=\'[5m]\', b="\\"[5m]"}'),
        ("offset offset 5m", "offset offset 5s"),
        ("job:rate5m + sum by (offset) (x)", "job:rate5m + sum by (offset) (x)"),
        ("x offset # [3m]\n 5m", "x offset # [3m]\n 5s"),
        ("1e3 * x + 0x1f", "1e3 * x + 0x1f"),
        ("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m]))) > 0.5", None),
        ("sum(rate(x[5m])) without (a) / ignoring (b) group_left (c) y", None),
    ],
)
def test_durations_are_divided(expr: str, expected: str | None) -> None:
    """Ranges, subqueries and offsets are divided; literals, text and comments stand."""
    assert promql.compress(expr, 60)[0] == (expected or expr.replace("[5m]", "[5s]"))


def test_what_was_replaced_is_told() -> None:
    """Each replacement is reported in the order of the text, an unchanged one is not."""
    text, replaced = promql.compress("rate(x[5m] offset 1h) + rate(x[1ms:0x1])", 60)
    assert text == "rate(x[5s] offset 1m) + rate(x[1ms:17ms])"
    assert replaced == [("5m", "5s"), ("1h", "1m"), ("0x1", "17ms")]


@pytest.mark.parametrize("factor", [1, 1.5, 7.3, 40, 119.99, 120])
def test_any_factor_is_proven(factor: float) -> None:
    """The proof by the parser holds for factors that do not divide evenly, too."""
    text, _ = promql.compress("avg_over_time(rate(x[7m] offset 13s)[3h:11s]) > 1", factor)
    assert promql.compress(text, 1)[0] == text


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("time() - x > 1800", r"time\(\)"),
        ("timestamp(x) > 3", r"timestamp\(\)"),
        ("predict_linear(x[1h], 4 * 3600) < 0", "predict"),
        ("rate(x[5m] @ 1234)", "fixed time"),
        ("max_over_time(x[5m:1m] @ 1234)", "fixed time"),
        ("x > 5m", "literal 5m"),
    ],
)
def test_incompressible(expr: str, reason: str) -> None:
    """An expression that a factor would change in meaning gives its reason."""
    assert re.search(reason, promql.incompressible(expr) or "")


@pytest.mark.parametrize(
    "expr", ["rate(x[5m]) > 5", "x @ start()", "x[5m] @ end() offset 1h", "hour() > 5", "time"]
)
def test_compressible(expr: str) -> None:
    """Rates, `@ end()` and metrics that are merely called like a function are fine."""
    assert promql.incompressible(expr) is None


@pytest.mark.parametrize("expr", ["rate(x[5m]", "sum(", "x[5m]]", "rate(x)", "", "x[1.5m]"])
def test_parse_failure(expr: str) -> None:
    """What cannot be parsed is refused with the parser's words and the expression."""
    with pytest.raises(ValueError, match=r"not PromQL: .+, in: "):
        promql.compress(expr, 60)


def test_a_metric_called_offset_is_refused() -> None:
    """Where a literal looks like a duration, the proof fails rather than the meaning."""
    with pytest.raises(ValueError, match="cannot be told from its literals"):
        promql.compress("offset - 5", 60)
