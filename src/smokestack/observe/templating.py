"""Expands variables in the query of a panel, as Grafana does it before it asks.

The syntax is that of Grafana's documentation (docs/sources/visualizations/dashboards/variables/
variable-syntax): `$name`, `${name}`, `${name:format}`, `[[name]]`. Without a format each type of
data source has its own: in Prometheus' and Loki's several values become an alternation in which
regular expressions' characters are escaped, with two backslashes, since the query's own strings
take one (`interpolateQueryExpr` of both plugins). What is no variable stays as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from smokestack.observe.timestamps import seconds
from smokestack.panels import Variable

ALL = "$__all"
"""The value of a variable that stands for all of them."""
SCRAPE_S = 15.0
"""The interval that Grafana takes for Prometheus' where the data source names none."""
POINTS = 1000
"""Points across a panel. Grafana takes its width in pixels."""
RATE_SCRAPES = 4

_NAMED = re.compile(r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.[^:}]+)?(?::([^}]+))?\}")
_SPECIAL = re.compile(r"[$^*{}\[\]+?.()|]")
_PLAIN = re.compile(r"[\\^$*+?.()|{}\[\]/]")

Values = Mapping[str, Sequence[str]]
Format = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Times:
    """The durations that Grafana fills in, in seconds: the time range, the interval between two
    points, and the window for `rate`.
    """

    range_s: float
    interval_s: float
    rate_s: float

    @property
    def macros(self) -> dict[str, str]:
        """Name -> what Grafana writes in its place."""
        found = {"__range_s": f"{self.range_s:.0f}", "__auto": duration(self.interval_s)}
        lengths = {
            "__range": self.range_s,
            "__interval": self.interval_s,
            "__rate_interval": self.rate_s,
        }
        for name, length in lengths.items():
            found[name] = duration(length)
            found[f"{name}_ms"] = f"{length * 1000:.0f}"
        return found


def times(range_s: float, least: str, source_step: str) -> Times:
    """As Grafana works them out: `least` is the query's own least interval, `source_step` that of
    its data source. Raises ValueError for one that is no duration.

    `$__rate_interval` is the larger of `$__interval` + scrape interval and 4 scrape intervals
    (`pkg/promlib/models/query.go`, `calculateRateInterval`).
    """
    step = seconds(source_step) if source_step else SCRAPE_S
    own = seconds(least) if least and not least.startswith("$") else step
    across = range_s / POINTS
    rate = max(max(across, step) + own, RATE_SCRAPES * own)
    return Times(range_s, max(across, own), rate)


def duration(seconds_: float) -> str:
    """Seconds as every server reads a duration."""
    whole = round(seconds_)
    return f"{whole}s" if abs(seconds_ - whole) < 1e-6 else f"{seconds_ * 1000:.0f}ms"


def names(text: str) -> Iterator[str]:
    """The names of all that looks like a variable."""
    for match in _NAMED.finditer(text):
        yield match[1] or match[2] or match[4]


def chosen(variable: Variable, given: Sequence[str]) -> tuple[str, ...]:
    """The values of a variable: those given, else those of its file; `$__all` is written out.

    Empty where its file does not know them: Grafana asks the server for them.
    """
    values = tuple(given) or variable.values
    return variable.options if ALL in values and not variable.all_value else values


def expand(
    text: str, variables: Mapping[str, Variable], values: Values, kind: str, times_: Times
) -> str:
    """The query as it is asked. `values` has those of every variable that the text names."""
    macros = times_.macros

    def one(match: re.Match[str]) -> str:
        name, form = match[1] or match[2] or match[4], match[3] or match[5]
        if name in macros:
            return macros[name]
        if name not in variables or name not in values:
            return match[0]
        return _written(variables[name], values[name], form, kind, macros["__interval"])

    return _NAMED.sub(one, text)


def _written(
    variable: Variable, values: Sequence[str], form: str | None, kind: str, interval: str
) -> str:
    if ALL in values:
        return variable.all_value
    if variable.type == "interval":
        values = [interval if one.startswith("$__auto") else one for one in values]
    if form:
        return _FORMATS.get(form.partition(":")[0], _glob)(values)
    if kind in ("prometheus", "loki"):
        return _in_query(variable, values, kind)
    return _glob(values)


def _in_query(variable: Variable, values: Sequence[str], kind: str) -> str:
    if not variable.many:
        text = ",".join(values)
        return (text.replace("\\", "\\\\") if kind == "prometheus" else text).replace("'", "\\\\'")
    escaped = [_SPECIAL.sub(r"\\\\\g<0>", one.replace("\\", "\\" * 4)) for one in values]
    joined = "|".join(escaped)
    return f"({joined})" if kind == "prometheus" and len(escaped) > 1 else joined


def _glob(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else "{" + ",".join(values) + "}"


def _regex(values: Sequence[str]) -> str:
    escaped = [_PLAIN.sub(r"\\\g<0>", one) for one in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _joined(by: str, around: str = "") -> Format:
    return lambda values: by.join(f"{around}{one}{around}" for one in values)


_FORMATS: dict[str, Format] = {
    "regex": _regex,
    "glob": _glob,
    "pipe": _joined("|"),
    "raw": _joined(","),
    "csv": _joined(","),
    "text": _joined(" + "),
    "doublequote": _joined(",", '"'),
    "singlequote": _joined(",", "'"),
    "sqlstring": _joined(",", "'"),
    "json": lambda values: json.dumps(values[0] if len(values) == 1 else list(values)),
    "percentencode": lambda values: quote(_glob(values), safe=""),
}
