"""The PromQL that an SLO may count with: one counter, by a selector, summed or as it is.

So much can be asked at two moments and subtracted, which extrapolates nothing, and can be put
within `rate()` for rules. Anything else could be read in only one of these ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import promql_parser

_SUM = re.compile(r"\s*sum\s*\((.*)\)\s*", re.DOTALL)
_FORM = "must be one counter, `name{…}` or `sum(name{…})`"


@dataclass(frozen=True)
class CounterQuery:
    """A query as it stands in the file, and the selector of its counter."""

    text: str
    selector: str
    bucket: float | None
    """The bound of the histogram's bucket that it counts (`le`), if it counts one."""

    @property
    def summed(self) -> str:
        """The sum over all of its series: one value, whatever the query gives."""
        return f"sum({self.selector})"

    def rate(self, window: str) -> str:
        """How often it counts in a second, over a window such as `5m`."""
        return f"sum(rate({self.selector}[{window}]))"


def parse(text: str) -> CounterQuery:
    """Read a query. ValueError, with what it must be, for anything but one counter."""
    try:
        query = promql_parser.parse(text)
    except ValueError as error:
        raise ValueError(f"not PromQL: {error}") from error
    selector, inner = text.strip(), query
    if isinstance(query, promql_parser.AggregateExpr) and (found := _SUM.fullmatch(text)):
        if str(query.op) != "sum" or query.modifier is not None:
            raise ValueError(f"{_FORM}: its series are told apart otherwise")
        selector, inner = found[1].strip(), query.expr
    if not isinstance(inner, promql_parser.VectorSelector):
        why = "rates, ranges and differences are made of it where needed"
        raise ValueError(f"{_FORM}: {why}")  # noqa: TRY004, a query is a value
    if inner.offset is not None or inner.at is not None:
        raise ValueError(f"{_FORM}: it is asked at moments of the run, so no `offset` and no `@`")
    return CounterQuery(text, selector, _bucket(inner))


def _bucket(selector: promql_parser.VectorSelector) -> float | None:
    equal = promql_parser.MatchOp.Equal
    for matcher in selector.matchers.matchers:
        if matcher.name == "le" and matcher.op == equal:
            try:
                return float(matcher.value)
            except ValueError as error:
                raise ValueError(f'le="{matcher.value}" is no bound of a bucket') from error
    return None
