"""collector.*: a secret anywhere is missed, and so is what did not arrive to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from smokestack.judge import collector
from smokestack.judge.collector import Arrived
from smokestack.results import Judgement, Verdict
from smokestack.system.collector import Collector
from tests.unit.judged import EVIDENCE, SYSTEM

PROMISED = {
    "cors": {"allowed": ["https://ours"], "refused": ["https://theirs"]},
    "scrubbing": {
        "attributes": {"x.cookie": "a={secret}"},
        "lines": ["to {secret}"],
        "kept": {"http.route": "/both"},
    },
}
OURS = SYSTEM.model_copy(update={"collector": Collector.model_validate(PROMISED)})
SPAN = {"name": "scrubbing", "x.cookie": "****", "http.route": "/both"}
LINE = {"the line": "to ****", "x_cookie": "****", "http_route": "/both"}
CLEAN = Arrived("hush", 1, [SPAN], [LINE])


def judged(arrived: Arrived) -> Judgement:
    """The judgement on scrubbing."""
    return collector.scrubbing(OURS, arrived, EVIDENCE)


def test_what_arrived_clean_is_met() -> None:
    """Loki names an attribute with underscores."""
    assert judged(CLEAN).verdict is Verdict.MET, judged(CLEAN).summary


@pytest.mark.parametrize(
    ("arrived", "said"),
    [
        (replace(CLEAN, spans=[{**SPAN, "x.cookie": "a=hush"}]),
         "attribute x.cookie of the span has its secret: a=<secret>"),
        (replace(CLEAN, lines=[{**LINE, "x_cookie": "a=hush"}]),
         "attribute x_cookie of a line has its secret: a=<secret>"),
        (replace(CLEAN, lines=[{**LINE, "the line": "to hush"}]),
         "a line has its secret: to <secret>"),
        (replace(CLEAN, spans=[{"x.cookie": "****"}]),
         "attribute http.route of the span is None, sent as '/both'"),
        (replace(CLEAN, lines=[{**LINE, "http_route": "****"}]),
         "attribute http.route of a line is '****', sent as '/both'"),
        (replace(CLEAN, spans=[]), "the span that was sent is not in the trace store"),
        (replace(CLEAN, lines=[]), "0 of 1 lines that were sent are in Loki"),
    ],
)  # fmt: skip
def test_what_leaks_or_is_lost_is_missed(arrived: Arrived, said: str) -> None:
    """The finding shows where, and never the secret."""
    judgement = judged(arrived)
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary == said


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ("https://ours", None, Verdict.MET),
        (None, None, Verdict.MISSED),
        ("*", "*", Verdict.MISSED),
        ("https://ours", "https://theirs", Verdict.MISSED),
        ("https://ours", "https://ours", Verdict.MET),
    ],
)
def test_who_may_send(ours: str | None, theirs: str | None, verdict: Verdict) -> None:
    """The allowed ones and nobody else; an answer that names another origin lets nobody in."""
    answers: Mapping[str, str | None] = {"https://ours": ours, "https://theirs": theirs}
    assert collector.cors(OURS, answers, EVIDENCE).verdict is verdict
