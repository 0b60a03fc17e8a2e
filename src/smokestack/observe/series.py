"""Query results in the form that Prometheus and Loki share: scalar, vector and matrix."""

from __future__ import annotations

from typing import Any

from smokestack.samples import Series

NAME = "__name__"


def series_of(data: Any) -> list[Series]:
    """A `data` object with `resultType` and `result`; a matrix gives one Series per sample.

    Raises KeyError, TypeError or ValueError where it is none; native histograms are not read.
    """
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return [Series("", {}, float(result[1]), float(result[0]))]
    if kind == "vector":
        return [_series(one["metric"], one["value"]) for one in result]
    if kind == "matrix":
        return [_series(one["metric"], pair) for one in result for pair in one.get("values", ())]
    raise ValueError(f"no series in a result of type {kind!r}")


def _series(metric: dict[str, str], pair: tuple[float, str]) -> Series:
    labels = {name: value for name, value in metric.items() if name != NAME}
    return Series(metric.get(NAME, ""), labels, float(pair[1]), float(pair[0]))
