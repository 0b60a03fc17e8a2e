"""PromQL at another pace: ranges, subqueries and offsets divided, everything else as it stands.

The durations are replaced where they stand in the text, so that comments, spacing and literals
survive untouched. What may be replaced, and that nothing else changed, is for the parser to say:
the result is parsed again and must equal the original in all but its durations, each of which
must be the original's divided by the factor. What fails this proof is refused, never returned.

(The parser's own tree is not written back: `promql_parser` cuts ranges that are set to whole
seconds and cannot print all that it parses.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import promql_parser

from smokestack.matchers import parse
from smokestack.stack import durations

_TOKEN = re.compile(
    r"""
      (?P<quiet> \s+ | \#[^\n]* )
    | (?P<string> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*` )
    | (?P<number> 0[xX][0-9a-fA-F]+
                | (?:[0-9]+(?:ms|[smhdwy]))+
                | (?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)? )
    | (?P<word> [A-Za-z_][\w:]* )
    | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_SHAPE = re.compile(r"(\b(?:range: |step: Some\(\s*|Pos\(\s*|Neg\(\s*))[0-9.]+(?:s|ms|µs|ns)")
"""A duration in the parser's debug output: where two expressions may differ."""

_WALL_CLOCK = {
    "time": "compares with the wall clock, which no factor divides",
    "timestamp": "compares with the wall clock, which no factor divides",
    "predict_linear": "predicts over a literal number of seconds",
}


def compress(expr: str, factor: float) -> tuple[str, list[tuple[str, str]]]:
    """`expr` with every duration divided by `factor`, and what was replaced: (before, after).

    ValueError with the parser's message where `expr` cannot be parsed.
    """
    before = parse(expr)
    text, replaced = _replace(expr, factor)
    _prove(before, parse(text), factor, expr)
    return text, replaced


def incompressible(expr: str) -> str | None:
    """Why dividing its durations would change what `expr` means; None where it does not."""
    reasons: list[str] = []
    promql_parser.walk(parse(expr), pre_visit=lambda node: reasons.extend(_objections(node)))
    reasons += [
        f"the literal {token.group()} is a duration, and literals are not rewritten"
        for token, of_time in _numbers(expr)
        if not of_time and re.search(r"[smhdwy]$", token.group())
    ]
    return "; ".join(dict.fromkeys(reasons)) or None


def _objections(node: object) -> Iterator[str]:
    if isinstance(node, promql_parser.Call) and node.func.name in _WALL_CLOCK:
        yield f"{node.func.name}() {_WALL_CLOCK[node.func.name]}"
    if isinstance(node, promql_parser.VectorSelector | promql_parser.SubqueryExpr):
        at = node.at
        if at is not None and at.type == promql_parser.AtModifierType.At:
            yield "the @ modifier names a fixed time"


def _numbers(expr: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Every number and duration of `expr`, and whether it measures time.

    It does within square brackets, and after `offset` and an optional sign.
    """
    bracket, after_offset = False, False
    for token in _TOKEN.finditer(expr):
        if token["quiet"]:
            continue
        if token["number"]:
            yield token, bracket or after_offset
        if token["mark"] in ("[", "]"):
            bracket = token["mark"] == "["
        signed = after_offset and token["mark"] in ("-", "+")
        after_offset = signed or (token["word"] or "").lower() == "offset"


def _replace(expr: str, factor: float) -> tuple[str, list[tuple[str, str]]]:
    pieces, replaced, end = [], [], 0
    for token, of_time in _numbers(expr):
        before = token.group()
        after = _divide(before, factor) if of_time else before
        if after != before:
            pieces += [expr[end : token.start()], after]
            replaced.append((before, after))
            end = token.end()
    return "".join([*pieces, expr[end:]]), replaced


def _divide(token: str, factor: float) -> str:
    """A duration, or a bare number of seconds, divided."""
    if re.search(r"[smhdwy]$", token):
        return durations.divide(token, factor, "prometheus")
    size = Decimal(int(token, 16)) if token[:2] in ("0x", "0X") else Decimal(token)
    after = durations.divided(size * 1000, factor)
    return token if after == size * 1000 else durations.write(after, "prometheus")


def _prove(before: promql_parser.Expr, after: promql_parser.Expr, factor: float, expr: str) -> None:
    """Refuse a rewriting that did anything but divide every duration."""
    due = [durations.divided(size, factor) for size in _spans(before)]
    same = _SHAPE.sub(r"\1?", repr(before)) == _SHAPE.sub(r"\1?", repr(after))
    if not same or _spans(after) != due:
        raise ValueError(f"its durations cannot be told from its literals: {expr.strip()}")


def _spans(expr: promql_parser.Expr) -> list[int]:
    """All durations of an expression in milliseconds, in the order in which the tree is walked."""
    found: list[int] = []

    def visit(node: object) -> None:
        for name in ("range", "step", "offset"):
            span = getattr(node, name, None)
            if span is not None:
                found.append(durations.from_timedelta(span))

    promql_parser.walk(expr, pre_visit=visit)
    return found
