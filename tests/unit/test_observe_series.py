"""How much an answer has is counted without reading each sample."""

from __future__ import annotations

from typing import Any

import pytest

from smokestack.observe.series import tally_of
from smokestack.panels import Tally


@pytest.mark.parametrize(
    ("kind", "result", "tally"),
    [
        ("scalar", [1.0, "NaN"], Tally(1, 1, 0)),
        ("scalar", [1.0, "0"], Tally(1, 1, 1)),
        ("vector", [], Tally()),
        ("vector", [{"value": [1, "2"]}, {"value": [1, "+Inf"]}], Tally(2, 2, 1)),
        ("vector", [{"histogram": [1, {"count": "2"}]}], Tally(1, 1, 1)),
        ("matrix", [{"values": [[1, "1"], [2, "-Inf"]]}, {"values": []}], Tally(1, 2, 1)),
        ("matrix", [{"histograms": [[1, {"count": "2"}]]}], Tally(1, 1, 1)),
        ("streams", [{"values": [["1", "NaN"], ["2", "b"]]}], Tally(1, 2, 2)),
    ],
)
def test_tally(kind: str, result: Any, tally: Tally) -> None:
    """NaN and infinity are samples, and no data; a line is data whatever it says."""
    assert tally_of({"resultType": kind, "result": result}) == tally


def test_what_cannot_be_counted() -> None:
    """A string of PromQL's is no sample."""
    with pytest.raises(ValueError, match="nothing to count in a result of type 'string'"):
        tally_of({"resultType": "string", "result": [1, "x"]})
