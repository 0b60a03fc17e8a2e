"""How much an answer has is counted without reading each sample."""

from __future__ import annotations

from typing import Any

import pytest

from smokestack.observe.series import DRAWN_POINTS, DRAWN_SERIES, tally_of
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


def test_a_little_is_kept_for_a_picture() -> None:
    """Of the first series some evenly picked points, the last one among them; numbers only."""
    many = {"values": [[at, str(at)] for at in range(101)]}
    gone = {"values": [[1, "NaN"], [2, "+Inf"]]}
    drawn = tally_of({"resultType": "matrix", "result": [many, gone, *[many] * 9]}).drawn
    assert len(drawn) == DRAWN_SERIES - 1
    assert len(drawn[0]) <= DRAWN_POINTS
    assert drawn[0][0] == (1.0, 1.0)
    assert drawn[0][-1] == (100.0, 100.0)
    vector = {"resultType": "vector", "result": [{"value": [5, "2"]}, {"histogram": [1, {}]}]}
    assert tally_of(vector).drawn == (((5.0, 2.0),),)
    assert tally_of({"resultType": "scalar", "result": [5, "2"]}).drawn == (((5.0, 2.0),),)
    assert not tally_of({"resultType": "streams", "result": [{"values": [["1", "2"]]}]}).drawn
