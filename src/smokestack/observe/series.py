"""Query results in the form that Prometheus and Loki share: scalar, vector and matrix, and
streams of lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from smokestack.matchers import NAME
from smokestack.panels import Tally
from smokestack.samples import Series

_NO_NUMBERS = ("NaN", "+Inf", "-Inf")
_Samples = Sequence[Sequence[Any]]
DRAWN_SERIES = 5
"""Series of an answer of which some points are kept for a picture."""
DRAWN_POINTS = 40
"""Points that are kept of each: as many as a small picture can show."""


def series_of(data: Any) -> list[Series]:
    """A `data` object with `resultType` and `result`; a matrix gives one Series per sample.

    Raises KeyError, TypeError or ValueError where it is none; native histograms are not read.
    """
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return [Series("", {}, float(result[1]), float(result[0]))]
    if kind == "vector":
        return [sample for one in result for sample in _samples(one["metric"], [one["value"]])]
    if kind == "matrix":
        return [
            sample for one in result for sample in _samples(one["metric"], one.get("values", ()))
        ]
    raise ValueError(f"no series in a result of type {kind!r}")


def _samples(metric: dict[str, str], pairs: Iterable[tuple[float, str]]) -> Iterator[Series]:
    """Of one series; its labels are kept once, however many samples it has."""
    name, labels = metric.get(NAME, ""), {k: v for k, v in metric.items() if k != NAME}
    return (Series(name, labels, float(value), float(at)) for at, value in pairs)


def tally_of(data: Any) -> Tally:
    """How much a `data` object has, without a value of its own for each sample: a panel may have
    tens of thousands. Native histograms count. Raises as `series_of`.
    """
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return _tally([[result[1]]], [[result]])
    if kind == "vector":
        values = [one["value"][1] if "value" in one else "" for one in result]
        return _tally([[value] for value in values], [[o["value"]] for o in result if "value" in o])
    if kind == "matrix":
        return _tally(
            (
                [*(p[1] for p in one.get("values", ())), *("" for _ in one.get("histograms", ()))]
                for one in result
            ),
            [one["values"] for one in result if one.get("values")],
        )
    if kind == "streams":
        return _tally([""] * len(one["values"]) for one in result)
    raise ValueError(f"nothing to count in a result of type {kind!r}")


def _tally(series: Iterable[Sequence[str]], samples_of: Sequence[_Samples] = ()) -> Tally:
    every = [values for values in series if values]
    samples = sum(map(len, every))
    missing = sum(values.count(word) for values in every for word in _NO_NUMBERS)
    drawn = tuple(filter(None, map(_drawn, samples_of[:DRAWN_SERIES])))
    return Tally(len(every), samples, samples - missing, drawn)


def _drawn(pairs: _Samples) -> tuple[tuple[float, float], ...]:
    """Evenly picked ones of the samples of one series, the last one among them."""
    step = -(-len(pairs) // DRAWN_POINTS)
    picked = pairs[(len(pairs) - 1) % step :: step]
    return tuple((float(at), float(value)) for at, value in picked if value not in _NO_NUMBERS)
