"""Is what containers write in Loki: the engine's lines, the question, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from smokestack.errors import Unreachable
from smokestack.judge.containers import output
from smokestack.results import Verdict
from smokestack.samples import Output
from smokestack.stack.container_output import output_of
from smokestack.wait import Waited

TWO = {"gateway": Output(3, 1.0), "backend": Output(2, 1.0)}


def waited(found: Mapping[str, float]) -> Waited[Mapping[str, float]]:
    """What Loki had in the end."""
    return Waited(met=False, value=found, allowed_s=5.0, took_s=0.1, polls=())


def test_blank_lines_are_not_counted() -> None:
    """Nor is the end of the last line one; the first that counts begins the span."""
    lines = [
        "2026-11-21T12:00:00.000000001Z ",
        "2026-11-21T12:00:01.500000001Z one",
        "2026-11-21T12:00:02.000000001Z two words",
        "",
    ]
    assert output_of(lines) == Output(2, 1795262401.5)
    assert output_of([""]) == Output(0)


def test_as_many_is_met() -> None:
    """Of each service."""
    judged = output(TWO, waited({"gateway": 3, "backend": 2}), ())
    assert judged.verdict is Verdict.MET
    assert judged.summary == "5 lines of 2 containers, each in Loki once"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"gateway": 1, "backend": 2}, "gateway wrote 3 lines, Loki has 1: 2 are missing"),
        ({"gateway": 3}, "backend wrote 2 lines, Loki has 0: 2 are missing"),
        ({"gateway": 4, "backend": 2}, "gateway wrote 3 lines, Loki has 4: 1 too many"),
    ],
)
def test_other_numbers_are_missed(found: Mapping[str, float], said: str) -> None:
    """What lacks or is too many is said of each service."""
    judged = output(TWO, waited(found), ())
    assert judged.verdict is Verdict.MISSED
    assert [one.detail for one in judged.findings] == [said]


def test_a_silent_service_proves_nothing() -> None:
    """Unmeasured, and which; but what is missing elsewhere is missed all the same."""
    written = {**TWO, "webhook": Output(0)}
    judged = output(written, waited({"gateway": 3, "backend": 2}), ())
    assert judged.verdict is Verdict.UNMEASURED
    assert judged.summary == "no line was written by webhook"
    assert output(written, waited({"gateway": 3}), ()).verdict is Verdict.MISSED


def test_loki_that_cannot_be_asked() -> None:
    """Nothing can be told."""
    unasked: Waited[Mapping[str, float]] = Waited(
        met=False, value=None, allowed_s=5.0, took_s=5.0, polls=(), error=Unreachable("no loki")
    )
    judged = output(TWO, unasked, ())
    assert judged.verdict is Verdict.UNMEASURED
    assert judged.summary == "no loki"
